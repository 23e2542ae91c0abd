/* The keys behind invites: a room's two admission keys, the key of each invite, and the proof that a member shows.

   A room begins with the host's admission key, which the relay's operator makes and the host's invite carries. HKDF-
   SHA256 (RFC 5869) derives from it the players' admission key, and from either one the key of an invite:

       players' admission key = HKDF(host's admission key, info = "lanparty players 1")
       invite key = HKDF(admission key of the role, info = "lanparty invite 1" ‖ id ‖ expiry ‖ uses)

   A player's invite carries its invite key alone, so a player cannot make invites. The host's carries the admission
   key: who has it owns the room, whatever the expiry of other invites.

   A member proves that it has the invite, bound to its TLS session by a keying material exporter (RFC 8446 §7.5), so
   that a proof that was recorded, or relayed over another connection, is worth nothing:

       proof = HMAC-SHA256(invite key, exporter ‖ role ‖ room ‖ member key)

   with role 1 byte (0 client, 1 gateway), the room code in upper case with a length byte in front, and member key the
   SHA-256 of the member's public key (SubjectPublicKeyInfo), 32 zero bytes without one. */
#ifndef LP_INVITE_KEYS_H
#define LP_INVITE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "invite/invite.h"

#define LP_ADMISSION_EXPORTER "EXPORTER-lanparty-admission"
#define LP_PEER_EXPORTER "EXPORTER-lanparty-peer"
#define LP_EXPORTER_BYTES 32
#define LP_PROOF_BYTES 32
#define LP_MEMBER_KEY_BYTES 32

/* Writes the players' admission key of a room. 0, or LP_ETLS. */
int lp_invite_player_key(const uint8_t host_key[LP_INVITE_KEY], uint8_t ret_player_key[LP_INVITE_KEY]);

/* Writes the key of an invite of this id, expiry and uses. 0, or LP_ETLS. */
int lp_invite_key(const uint8_t admission_key[LP_INVITE_KEY], uint32_t id, uint32_t expires_unix_s, uint16_t uses,
	uint8_t ret_key[LP_INVITE_KEY]);

/* Writes the key that |invite| proves: derived from the admission key of a host's invite, and carried by a player's. */
int lp_invite_key_of(const struct lp_invite *invite, uint8_t ret_key[LP_INVITE_KEY]);

/* Writes the proof of a member that joins |room| as |role| with an invite of this key. 0, or LP_ETLS. */
int lp_invite_proof(const uint8_t invite_key[LP_INVITE_KEY], const uint8_t exporter[LP_EXPORTER_BYTES],
	enum lp_role role, const char *room, const uint8_t member_key[LP_MEMBER_KEY_BYTES],
	uint8_t ret_proof[LP_PROOF_BYTES]);

/* Writes what a member sends first on a connection with another member, to prove that it has the room's peer secret:
   HMAC-SHA256(peer secret, exporter ‖ sender's key ‖ receiver's key), with the exporter LP_PEER_EXPORTER of their TLS
   session. 0, or LP_ETLS. */
int lp_invite_peer_proof(const uint8_t peer_secret[LP_INVITE_KEY], const uint8_t exporter[LP_EXPORTER_BYTES],
	const uint8_t sender_key[LP_MEMBER_KEY_BYTES], const uint8_t receiver_key[LP_MEMBER_KEY_BYTES],
	uint8_t ret_proof[LP_PROOF_BYTES]);

/* Compares in constant time. */
bool lp_invite_proof_equal(const uint8_t a[LP_PROOF_BYTES], const uint8_t b[LP_PROOF_BYTES]);

#endif

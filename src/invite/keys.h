/* The keys behind invites: a room's two admission keys, the key of each invite, and the proof that a member shows.

   Relay and host hold the room's admission keys. HKDF-SHA256 (RFC 5869) derives the key of an invite from one of them:

       invite key = HKDF(admission key of the role, info = "lanparty invite 1" ‖ id ‖ expiry ‖ uses)

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
#define LP_EXPORTER_BYTES 32
#define LP_PROOF_BYTES 32
#define LP_MEMBER_KEY_BYTES 32

/* Writes the key of an invite of this id, expiry and uses. 0, or LP_ETLS. */
int lp_invite_key(const uint8_t admission_key[LP_INVITE_KEY], uint32_t id, uint32_t expires_unix_s, uint16_t uses,
	uint8_t ret_key[LP_INVITE_KEY]);

/* Writes the proof of a member that joins |room| as |role| with an invite of this key. 0, or LP_ETLS. */
int lp_invite_proof(const uint8_t invite_key[LP_INVITE_KEY], const uint8_t exporter[LP_EXPORTER_BYTES],
	enum lp_role role, const char *room, const uint8_t member_key[LP_MEMBER_KEY_BYTES],
	uint8_t ret_proof[LP_PROOF_BYTES]);

/* Compares in constant time. */
bool lp_invite_proof_equal(const uint8_t a[LP_PROOF_BYTES], const uint8_t b[LP_PROOF_BYTES]);

#endif

/* Invites: one string that holds everything a member needs to join a room.

       lanparty://HOST[:PORT][,HOST[:PORT]…]/ROOM#DATA

   HOST is a relay, by name or address; a member tries them in order. DATA is base62 of

       bytes  what
       1      version (high 4 bits, 1) and flags: 1 the host's invite, 2 a pin is present
       16     pin: the first bytes of the SHA-256 of the relay's public key (SubjectPublicKeyInfo, RFC 7469 §2.4);
	      zero without the flag: the certificate must be signed by a CA that the system trusts
       4      invite id
       4      expiry, seconds of Unix time; 0: never
       2      uses: how many members may join with it; 0: any number
       16     admission key: proves to the relay that the host gave this invite out
       16     peer secret: members prove it to each other; a relay never learns it
       4      checksum over everything in front of it, relays and room included

   The model: a room has two admission keys, one for its host and one for its players, that only the host and the relay
   know (invite/keys.h). The host's invite carries the host's, from which the players' is derived. A player's invite
   carries a key that is derived from the players', the id, the expiry and the uses. So the host creates invites without
   the relay, and the relay recomputes the key of any invite that it is shown and refuses one that is expired, revoked
   or used up. The peer secret of a host's invite is zero: the host makes the one of its room, so that it never passes
   through the relay.

   An invite is a secret. The part behind '#' is what a browser would not send to a server, and logs never hold it.
   Pure: text and bytes in, text and bytes out; the caller compares the expiry with the clock. */
#ifndef LP_INVITE_INVITE_H
#define LP_INVITE_INVITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"

struct lp_failure;

#define LP_INVITE_SCHEME "lanparty://"
#define LP_INVITE_TEXT_MAX 180 /* characters of an invite */
#define LP_INVITE_RELAYS_MAX 80
#define LP_INVITE_PIN 16
#define LP_INVITE_KEY 16
#define LP_INVITE_CODE_RANDOM 8

struct lp_invite {
	char relays[LP_INVITE_RELAYS_MAX + 1]; /* "HOST[:PORT]" in order of preference, separated by commas */
	char room[LP_ROOM_CODE_MAX + 1];       /* upper case */
	bool host;                             /* the gateway's role and the administration of the room */
	bool has_pin;
	uint8_t pin[LP_INVITE_PIN];
	uint32_t id;
	uint32_t expires_unix_s; /* 0: never */
	uint16_t uses;           /* 0: any number */
	uint8_t admission_key[LP_INVITE_KEY];
	uint8_t peer_secret[LP_INVITE_KEY];
};

/* Makes a room code from random bytes, "BCDF-2345": easy to read out, without vowels and characters that look alike. */
void lp_invite_room_code(const uint8_t random[LP_INVITE_CODE_RANDOM], char ret_code[LP_ROOM_CODE_MAX + 1]);
/* True if |text| is meant as an invite: it begins with the scheme. */
bool lp_invite_is_one(const char *text);
/* Reads an invite. White space anywhere and quotes or angle brackets around it, as chats and mail programs add them,
   are ignored. 0, or LP_EMALFORMED with the reason and what to do: not an invite, damaged, of a newer version. */
int lp_invite_parse(const char *text, struct lp_failure *failure, struct lp_invite *ret_invite);
/* Writes an invite. 0; LP_EINVAL: a relay or the room code is not valid; LP_ETOOBIG: longer than LP_INVITE_TEXT_MAX,
   because the names of the relays are too long. */
int lp_invite_format(const struct lp_invite *invite, struct lp_failure *failure, char ret_text[LP_INVITE_TEXT_MAX + 1]);
/* True if the invite's time is over. */
bool lp_invite_is_expired(const struct lp_invite *invite, int64_t now_unix_s);
/* Copies the relay number |index| (from 0) of the invite to |ret_relay|. False if there is none. */
bool lp_invite_relay(const struct lp_invite *invite, size_t index, char ret_relay[LP_INVITE_RELAYS_MAX + 1]);
/* The invite without its secrets, for logs: "lanparty://play.example.org/FRIDAY-NIGHT#…". */
void lp_invite_redact(const struct lp_invite *invite, char ret_text[LP_INVITE_TEXT_MAX + 1]);

#endif

/* Sizes of what identifies a key, for callers that do not know GnuTLS. */
#ifndef LP_QUIC_TLS_KEY_ID_H
#define LP_QUIC_TLS_KEY_ID_H

#define LP_TLS_KEY_ID 32   /* bytes of a key's id: the SHA-256 of its SubjectPublicKeyInfo (RFC 7469 §2.4) */
#define LP_TLS_KEY_PIN 16  /* bytes of its beginning that pin a relay */
#define LP_TLS_KEY_PEM 512 /* bytes that a member's private key has at most as PEM, with its NUL */

#endif

/* Error codes: the only ones that functions return. They are negative. */
#ifndef LP_BASE_ERROR_H
#define LP_BASE_ERROR_H

/* X(name, text). Codes of errno, Windows, ngtcp2 and GnuTLS are translated where these are called. */
#define LP_ERRORS(X) \
	X(NOMEM, "out of memory") \
	X(INVAL, "invalid argument") \
	X(AGAIN, "cannot proceed now") \
	X(MALFORMED, "malformed input") \
	X(TOOBIG, "too large") \
	X(RANGE, "out of range") \
	X(NOTFOUND, "not found") \
	X(EXISTS, "already exists") \
	X(FULL, "a limit is reached") \
	X(CLOSED, "closed") \
	X(TIMEOUT, "timed out") \
	X(PERM, "permission denied") \
	X(INUSE, "in use") \
	X(IO, "input/output error") \
	X(UNREACH, "unreachable") \
	X(UNSUPPORTED, "not supported here") \
	X(PROTO, "protocol violation") \
	X(TLS, "TLS failure") \
	X(CERT, "certificate not accepted") \
	X(INTERNAL, "internal error")

enum lp_error {
	LP_OK_ = 0,
#define X(name, text) LP_E##name##_ORDINAL,
	LP_ERRORS(X)
#undef X
};

enum {
#define X(name, text) LP_E##name = -(int)LP_E##name##_ORDINAL,
	LP_ERRORS(X)
#undef X
};

/* The text of an error code (negative), "ok" for 0 and above, "unknown error" otherwise. Never NULL. */
const char *lp_error_text(int code);

#endif

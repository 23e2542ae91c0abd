/* One TLS 1.3 session on a byte stream, such as a TCP connection (RFC 8446), with the same certificate and the same
   trust as QUIC's handshake.

   The module does no input or output. The owner's functions read and write the encrypted bytes; LP_EAGAIN from one of
   them is passed on, and the call is repeated when the stream can proceed.

   There is no queue: a record is encrypted when it is sent, and at most one record waits for the stream. While it
   waits, lp_tls_stream_send() takes nothing. */
#ifndef LP_QUIC_TLS_STREAM_H
#define LP_QUIC_TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quic/tls/credentials.h"

struct lp_failure;
struct lp_tls_stream;

/* ALPN of QUIC packets in a TLS stream; the relay answers other clients, such as browsers, with a page. */
#define LP_TLS_STREAM_ALPN "lanparty-tls/1"
/* Bytes that one record holds (RFC 8446 §5.1). */
#define LP_TLS_STREAM_RECORD_MAX 16384

/* Read or write encrypted bytes: the number of bytes, LP_EAGAIN, or LP_ECLOSED. */
typedef int lp_tls_stream_read_fn(void *ctx, uint8_t *data, size_t max);
typedef int lp_tls_stream_write_fn(void *ctx, const uint8_t *data, size_t len);

struct lp_tls_stream_config {
	struct lp_tls *tls;      /* its role is the session's; borrowed until lp_tls_stream_free() */
	const char *server_name; /* of a client: what the certificate must be for */
	lp_tls_stream_read_fn *read;
	lp_tls_stream_write_fn *write;
	void *ctx;
};

/* 0; LP_EINVAL: |server_name| is too long or no name; LP_ENOMEM, LP_ETLS. */
int lp_tls_stream_new(const struct lp_tls_stream_config *config, struct lp_tls_stream **ret_stream);
/* Frees it without a word to the other end. NULL is fine. */
void lp_tls_stream_free(struct lp_tls_stream *stream);
/* Proceeds with the handshake. 0: it is complete; LP_EAGAIN; LP_ECERT: the relay's certificate is not trusted,
   LP_EPROTO: the other end does not speak the protocol; LP_ETLS, LP_ECLOSED. |failure| has the reason. */
int lp_tls_stream_handshake(struct lp_tls_stream *stream, struct lp_failure *failure);
/* True if both ends agreed on LP_TLS_STREAM_ALPN. */
bool lp_tls_stream_carries_quic(const struct lp_tls_stream *stream);
/* Encrypts and writes one record of up to LP_TLS_STREAM_RECORD_MAX bytes. 0: it was taken, though some of it may wait
   for the stream; LP_EAGAIN: nothing was taken, because the record before still waits; LP_ECLOSED. */
int lp_tls_stream_send(struct lp_tls_stream *stream, const uint8_t *data, size_t len);
/* True if a record waits for the stream. */
bool lp_tls_stream_waits(const struct lp_tls_stream *stream);
/* Writes what waits. 0: nothing does any more; LP_EAGAIN; LP_ECLOSED. */
int lp_tls_stream_drain(struct lp_tls_stream *stream);
/* Reads and decrypts. The number of bytes; LP_EAGAIN; LP_ECLOSED: the other end has closed it, or it is broken. */
int lp_tls_stream_receive(struct lp_tls_stream *stream, uint8_t *data, size_t max);
/* Announces the end of the stream to the other end (close_notify), if nothing waits. */
void lp_tls_stream_end(struct lp_tls_stream *stream);

#endif

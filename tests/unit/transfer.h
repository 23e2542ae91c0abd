/* A TCP transfer between two namespaces whose frames the test carries: every byte must arrive. */
#ifndef LP_TESTS_TRANSFER_H
#define LP_TESTS_TRANSFER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#define TRANSFER_BYTES (8 << 20)

struct transfer {
	const char *to; /* the receiver's address */
	int listener, sender;
	size_t received, wrong;
	atomic_bool done;
	pthread_t sending, receiving;
};

/* Opens the sockets, each in the current namespace: the receiver's first, then the sender's. */
void transfer_listen(struct transfer *transfer, const char *to);
void transfer_source(struct transfer *transfer);
/* Sends in a thread and receives in another. */
void transfer_start(struct transfer *transfer);
/* Stops both, finished or not, and checks that all bytes arrived. */
void transfer_finish(struct transfer *transfer);

#endif

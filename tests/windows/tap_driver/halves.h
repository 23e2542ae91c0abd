/* The interface between the two halves of the test driver. One half is compiled with the kernel's headers, the other
   with those of programs: winsock works in a driver under Wine, because Wine runs drivers in a separate process. The
   second half may import ws2_32 and advapi32, but neither kernel32 nor ntdll: Wine treats an image with those as an
   ordinary DLL and calls its entry point as DllMain. */
#ifndef LP_TESTS_WINDOWS_HALVES_H
#define LP_TESTS_WINDOWS_HALVES_H

#include <wchar.h>

/* The largest frame. */
#define FRAME_MAX 2048

/* First byte of a datagram between driver and tapbridge; then a frame, or one byte. */
enum wire_type {
	WIRE_FRAME = 0,
	WIRE_MEDIA = 1,   /* driver to bridge: media status 0 or 1 */
	WIRE_OPEN = 2,    /* driver to bridge: opened 1, closed 0 */
	WIRE_ENABLED = 3, /* bridge to driver: as if the adapter was disabled 0, enabled 1 */
};

/* An adapter as described by the registry. */
struct adapter_config {
	wchar_t guid[64]; /* NetCfgInstanceId, with braces */
	unsigned char mac[6];
	unsigned mtu;
	unsigned short local_port, peer_port; /* on 127.0.0.1: the driver's, the bridge's */
};

struct wire;

/* Called on the wire's own thread. */
typedef void (*wire_recv_fn)(void *ctx, enum wire_type type, const unsigned char *data, unsigned len);

/* Implemented by the half for programs. */
int registry_read(struct adapter_config *configs, int max);
struct wire *wire_open(const struct adapter_config *config, wire_recv_fn recv, void *ctx);
void wire_send(struct wire *wire, enum wire_type type, const void *data, unsigned len);
void wire_close(struct wire *wire);

/* Implemented by the half for the kernel. */
void *kernel_alloc(unsigned len);
void kernel_free(void *data);
void kernel_sleep(int ms);
void *kernel_thread(void (*run)(void *ctx), void *ctx);
void kernel_join(void *thread);
int kernel_equal(const wchar_t *a, const wchar_t *b);

#endif

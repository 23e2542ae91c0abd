/* The Linux side of the test driver: a real TAP in this network namespace, whose frames are exchanged with the
   driver over loopback UDP (tap_driver/halves.h). The carrier follows the media status.

   Usage: lanparty-tapbridge INTERFACE LOCAL_PORT PEER_PORT
   Commands on standard input: "off" and "on", as if the adapter was disabled and enabled; "coma": the link is lost, and
   the driver does not know. Events are printed on standard output, one per line: "ready", "media 0|1", "open 0|1". */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_MAX 2048
#define BUFFER_BYTES (1 << 20)

/* As in tap_driver/halves.h. */
enum wire_type { WIRE_FRAME, WIRE_MEDIA, WIRE_OPEN, WIRE_ENABLED };

/* Prints the error and exits. */
static void die(const char *what)
{
	fprintf(stderr, "tapbridge: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A socket on loopback, connected to one port. */
static int open_socket(uint16_t local_port, uint16_t peer_port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(local_port)};
	const int bytes = BUFFER_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) < 0 ||
		bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		die("socket");
	addr.sin_port = htons(peer_port);
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		die("connect");
	return fd;
}

/* Plugs or unplugs the cable. */
static void set_carrier(int tap, int on)
{
	if (ioctl(tap, TUNSETCARRIER, &on) < 0)
		die("carrier");
}

/* A TAP without a carrier. */
static int open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		die(name);
	set_carrier(fd, 0);
	return fd;
}

/* A datagram from the driver. */
static void from_driver(int wire, int tap)
{
	uint8_t data[1 + FRAME_MAX];
	ssize_t n = recv(wire, data, sizeof data, 0);

	if (n < 2)
		return;
	if (data[0] == WIRE_FRAME) {
		/* A TAP that is down refuses frames: they are lost, as on a cable. */
		(void)!write(tap, data + 1, (size_t)n - 1);
	} else if (data[0] == WIRE_MEDIA) {
		set_carrier(tap, data[1]);
		printf("media %d\n", data[1]);
	} else if (data[0] == WIRE_OPEN) {
		printf("open %d\n", data[1]);
	}
}

/* A frame from the system. */
static void from_tap(int tap, int wire)
{
	uint8_t data[1 + FRAME_MAX] = {WIRE_FRAME};
	ssize_t n = read(tap, data + 1, FRAME_MAX);

	if (n > 0)
		(void)!send(wire, data, (size_t)n + 1, 0);
}

/* Executes a command. False at the end of the input. */
static int from_test(int wire, int tap)
{
	char line[16];
	uint8_t data[2] = {WIRE_ENABLED};

	if (!fgets(line, sizeof line, stdin))
		return 0;
	if (strcmp(line, "coma\n") == 0) {
		set_carrier(tap, 0);
		return 1;
	}
	data[1] = strcmp(line, "on\n") == 0;
	(void)!send(wire, data, sizeof data, 0);
	return 1;
}

int main(int argc, char **argv)
{
	struct pollfd fds[3];
	int wire, tap;

	if (argc != 4) {
		fprintf(stderr, "usage: %s INTERFACE LOCAL_PORT PEER_PORT\n", argv[0]);
		return 2;
	}
	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	wire = open_socket((uint16_t)atoi(argv[2]), (uint16_t)atoi(argv[3]));
	tap = open_tap(argv[1]);
	fds[0] = (struct pollfd){.fd = wire, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = tap, .events = POLLIN};
	fds[2] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	printf("ready\n");
	while (poll(fds, 3, -1) > 0) {
		if (fds[0].revents)
			from_driver(wire, tap);
		if (fds[1].revents)
			from_tap(tap, wire);
		if (fds[2].revents && !from_test(wire, tap))
			fds[2].fd = -1;
	}
	return 0;
}

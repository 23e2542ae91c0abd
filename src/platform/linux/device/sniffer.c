#include "platform/device/sniffer.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/mac.h"
#include "base/units.h"
#include "platform/posix/system/os_error.h"

struct lp_sniffer {
	int fd;
	struct lp_mac mac;
};

/* Binds to the device and reads its MAC. 0 or the errno. */
static int bind_to(struct lp_sniffer *sniffer, const char *device)
{
	struct ifreq request = {0};
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	if (strlen(device) >= sizeof request.ifr_name)
		return ENODEV;
	memcpy(request.ifr_name, device, strlen(device));
	if (ioctl(sniffer->fd, SIOCGIFHWADDR, &request) < 0)
		return errno;
	memcpy(sniffer->mac.octet, request.ifr_hwaddr.sa_data, sizeof sniffer->mac.octet);
	address.sll_ifindex = (int)if_nametoindex(device);
	return bind(sniffer->fd, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
}

int lp_sniffer_open(const char *device, struct lp_failure *failure, struct lp_sniffer **ret_sniffer)
{
	struct lp_sniffer *sniffer = calloc(1, sizeof *sniffer);
	if (!sniffer)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	sniffer->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = sniffer->fd < 0 ? errno : bind_to(sniffer, device);
	if (err) {
		lp_sniffer_close(sniffer);
		if (err == EPERM)
			return lp_fail(failure, LP_EPERM, "frames of %s can be read by root alone; run this with sudo",
				device);
		return lp_fail(failure, lp_os_error(err), "%s: %s", device, strerror(err));
	}
	*ret_sniffer = sniffer;
	return 0;
}

void lp_sniffer_close(struct lp_sniffer *sniffer)
{
	if (!sniffer)
		return;
	if (sniffer->fd >= 0)
		close(sniffer->fd);
	free(sniffer);
}

void lp_sniffer_mac(const struct lp_sniffer *sniffer, struct lp_mac *ret_mac)
{
	*ret_mac = sniffer->mac;
}

int lp_sniffer_send(struct lp_sniffer *sniffer, const uint8_t *frame, size_t len)
{
	return send(sniffer->fd, frame, len, 0) < 0 ? lp_os_error(errno) : 0;
}

int lp_sniffer_next(struct lp_sniffer *sniffer, uint8_t *frame, size_t size, uint64_t timeout_ns)
{
	struct pollfd poll_fd = {.fd = sniffer->fd, .events = POLLIN};
	if (poll(&poll_fd, 1, (int)(timeout_ns / LP_MS)) <= 0)
		return 0;
	struct sockaddr_ll from;
	socklen_t from_len = sizeof from;
	ssize_t n = recvfrom(sniffer->fd, frame, size, 0, (struct sockaddr *)&from, &from_len);
	return n > 0 && from.sll_pkttype != PACKET_OUTGOING ? (int)n : 0;
}

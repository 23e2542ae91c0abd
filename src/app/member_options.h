/* The options that client and gateway share: which relay, which room, whom to trust. */
#ifndef LP_APP_MEMBER_OPTIONS_H
#define LP_APP_MEMBER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/invitation.h"
#include "app/proxy_option.h"
#include "cli/options.h"
#include "cli/value.h"
#include "ctrl/message.h"
#include "member/member.h"

struct lp_tls;

struct lp_member_options {
	struct lp_hostport relay;
	char server_name[256];
	char ca_path[4096];
	char room[LP_ROOM_CODE_MAX + 1];
	struct lp_invitation invitation; /* if found, it replaces relay, server name, certificate and room */
	char name[LP_NAME_MAX + 1];
	enum lp_transport transport;
	uint16_t tls_port; /* 0: the port of the relay */
	char proxy[LP_PROXY_TEXT_MAX];
	bool reconnect;
	bool peer_links;
	enum lp_direct direct;
	bool clamp_mss;
	bool udp_offload;
	bool offload;
	uint64_t snapshot_ns; /* between two lines of diagnostics in the log; 0: none */
};

/* The default port of a relay. */
#define LP_RELAY_PORT 443

extern const struct lp_option lp_member_option_rows[];
extern const size_t lp_member_option_rows_n;

/* Describes the relay of the options for an invite: where it is, and the pin of the certificate file. Relays whose
   certificate the system's CAs must trust have none. LP_EINVAL: there is no relay, or its trust cannot be in an
   invite. */
int lp_member_options_relay(
	const struct lp_member_options *options, struct lp_failure *failure, struct lp_invite *ret_invite);
/* Checks what the parser cannot, loads what the relay is trusted by and fills in |config| (not what belongs to the
   program: role, MAC, events), which borrows the invite. The member shows the private key |key_pem|. |software| is the
   program's name; |ret_tls| is the caller's to free, after the member, also after a failure. */
int lp_member_options_apply(const struct lp_member_options *options, const char *software, const char *key_pem,
	struct lp_failure *failure, struct lp_member_config *config, struct lp_tls **ret_tls);

#endif

#include "quic/settings.h"

#include "base/units.h"
#include "quic/ack.h"
#include "quic/endpoint.h"

/* A client's owner ends its attempts earlier (member/connect.c). */
#define HANDSHAKE_TIMEOUT_NS (60 * LP_SEC)
#define ACCEPT_TIMEOUT_NS (12 * LP_SEC)
#define PAYLOAD_DEFAULT 1472
#define PAYLOAD_MAX 65527
#define CONTROL_WINDOW \
	((uint64_t)64 * 1024) /* bytes of the control stream that the peer may send before we read them */

size_t lp_settings_max_payload(const struct lp_quic_config *config)
{
	size_t max = config->max_udp_payload ? config->max_udp_payload : PAYLOAD_DEFAULT;
	if (max < NGTCP2_MAX_UDP_PAYLOAD_SIZE)
		max = NGTCP2_MAX_UDP_PAYLOAD_SIZE;
	return max > PAYLOAD_MAX ? PAYLOAD_MAX : max;
}

/* Lists the sizes to probe. ngtcp2 tries them in order, skipping those below the largest that passed and above the
   smallest that failed. The most common MTU comes first, because one probe then suffices; jumbo frames follow. */
static size_t fill_probes(uint16_t probes[LP_SETTINGS_PROBES], size_t max, uint8_t family)
{
	static const uint16_t mtus[] = {1500, 9000, 4080, 2056, 1400, 1492, 1480, 1460, 1440, 1420, 1380, 1340, 1280};
	const uint16_t headers = family == 6 ? 48 : 28;
	size_t n = 0;
	for (size_t i = 0; i < sizeof mtus / sizeof *mtus; i++) {
		uint16_t payload = (uint16_t)(mtus[i] - headers);
		if (payload <= max && payload > NGTCP2_MAX_UDP_PAYLOAD_SIZE)
			probes[n++] = payload;
	}
	if (max > NGTCP2_MAX_UDP_PAYLOAD_SIZE)
		probes[n++] = (uint16_t)max;
	return n;
}

void lp_settings_fill(struct lp_settings *ret_settings, const struct lp_quic_config *config, uint8_t family,
	bool server, uint64_t now_ns)
{
	static const ngtcp2_cc_algo algorithms[] = {
		[LP_QUIC_CC_CUBIC] = NGTCP2_CC_ALGO_CUBIC,
		[LP_QUIC_CC_BBR] = NGTCP2_CC_ALGO_BBR,
		[LP_QUIC_CC_RENO] = NGTCP2_CC_ALGO_RENO,
	};
	ngtcp2_settings *settings = &ret_settings->settings;
	ngtcp2_settings_default(settings);
	settings->initial_ts = now_ns;
	settings->cc_algo = algorithms[config->congestion];
	settings->handshake_timeout = server ? ACCEPT_TIMEOUT_NS : HANDSHAKE_TIMEOUT_NS;
	settings->max_tx_udp_payload_size = lp_settings_max_payload(config);
	settings->pmtud_probeslen = fill_probes(ret_settings->probes, settings->max_tx_udp_payload_size, family);
	settings->pmtud_probes = ret_settings->probes;
	settings->ack_thresh = 1; /* every packet includes the ACKs that are due (ack.h) */
	settings->no_pmtud = settings->pmtud_probeslen == 0;
}

void lp_settings_params(ngtcp2_transport_params *ret_params, const struct lp_quic_config *config, bool server)
{
	ngtcp2_transport_params_default(ret_params);
	ret_params->initial_max_streams_bidi = server ? 1 : 0;
	ret_params->initial_max_stream_data_bidi_local = CONTROL_WINDOW;
	ret_params->initial_max_stream_data_bidi_remote = CONTROL_WINDOW;
	ret_params->initial_max_data = CONTROL_WINDOW;
	ret_params->max_idle_timeout = config->idle_timeout_ns;
	ret_params->active_connection_id_limit = 8;  /* enforced; a smaller one may be announced (ngtcp2_1_11.h) */
	ret_params->max_datagram_frame_size = 65535; /* RFC 9221 §3 */
	ret_params->max_ack_delay = LP_ACK_MAX_DELAY_NS;
}

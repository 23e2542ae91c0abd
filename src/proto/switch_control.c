#include "proto/switch_control.h"

#include "proto/be.h"

#define SNAP_PVST 0x010bU /* Cisco's protocol id of PVST+ */

/* A range of destinations, inclusive. */
struct run {
	uint64_t first, last;
};

static const struct run runs[] = {
	{0x0180c2000000, 0x0180c2000010}, /* spanning tree, pause, slow protocols, 802.1X, LLDP; bridge management */
	{0x0180c2000020, 0x0180c200002f}, /* GARP and MRP */
	{0x0180c2000030, 0x0180c200003f}, /* connectivity fault management */
	{0x01000c000000, 0x01000c000000}, /* Cisco ISL */
	{0x01000ccccccc, 0x01000ccccccd}, /* Cisco CDP, VTP, DTP, PAgP, UDLD; PVST+ */
	{0x01000ccdcdcd, 0x01000ccdcdcd}, /* Cisco uplink fast */
	{0x01000cdddddd, 0x01000cdddddd}, /* Cisco CGMP */
	{0x0119a7000000, 0x0119a70000ff}, /* ring protection (ITU-T G.8032) */
	{0x01e052cccccc, 0x01e052cccccc}, /* Foundry FDP */
	{0x00e02b000000, 0x00e02b000000}, /* Extreme EDP */
	{0x00e02b000004, 0x00e02b000004}, /* Extreme EAPS */
};

/* Types that stations never send to each other. */
static const uint16_t types[] = {
	LP_ETHER_TYPE_PAUSE,
	LP_ETHER_TYPE_SLOW,
	LP_ETHER_TYPE_LOOP_DETECT,
	LP_ETHER_TYPE_LLDP,
};

bool lp_switch_control_slow(const struct lp_ether *ether, uint64_t dst)
{
	if (ether->llc == LP_LLC_BPDU)
		return true;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (ether->type == types[i])
			return true;
	}
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		if (dst >= runs[i].first && dst <= runs[i].last)
			return true;
	}
	return false;
}

bool lp_switch_control_topology_change(const uint8_t *frame, const struct lp_ether *ether)
{
	const uint8_t *bpdu = frame + ether->net_offset;
	uint32_t len = ether->net_len;
	if (ether->llc == LP_LLC_SNAP_OUI) {
		/* After AA AA 03: OUI and protocol id. */
		if (len < 5 || lp_be32_get(bpdu) >> 8 != 0x00000c || lp_be16_get(bpdu + 3) != SNAP_PVST)
			return false;
		bpdu += 5;
		len -= 5;
	} else if (ether->llc != LP_LLC_BPDU) {
		return false;
	}
	/* Protocol id 0, version, type, flags; the lowest flag is the topology change (802.1D §9.3). */
	if (len < 4 || lp_be16_get(bpdu) != 0)
		return false;
	if (bpdu[3] == 0x80) /* topology change notification, which has no flags */
		return true;
	return (bpdu[3] == 0x00 || bpdu[3] == 0x02) && len >= 5 && (bpdu[4] & 1);
}

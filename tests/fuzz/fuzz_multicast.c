/* Sequences of multicast frames, leaves from the room and jumps of the clock. No member appears twice for a group, and
   the limits hold. Each operation is a byte: members in the low bits, what to do in the high ones. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "filter/view.h"
#include "room/multicast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MEMBERS 4 /* the last one is the gateway */

/* Ends the run if an invariant is violated. */
static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Each client is a target once at most; the gateway is never recorded. */
static void check_targets(const struct lp_multicast *multicast, const struct lp_multicast_member *members,
	struct lp_multicast_group *group)
{
	unsigned seen[MEMBERS] = {0};
	LP_LIST_EACH(node, lp_multicast_memberships(group)) {
		seen[LP_LIST_ELEMENT(node, struct lp_multicast_membership, of_group)->member - members]++;
	}
	LP_LIST_EACH(node, &multicast->everything) {
		seen[LP_LIST_ELEMENT(node, struct lp_multicast_member, node) - members]++;
	}
	for (size_t i = 0; i < MEMBERS; i++)
		check(seen[i] <= (i < MEMBERS - 1));
}

/* Forwards a frame: a report or a query, whose message comes from the input, or data. */
static void forward(struct lp_multicast *multicast, struct lp_multicast_member *members, size_t from, bool v6,
	struct lp_reader *r, uint64_t now_ns)
{
	uint8_t frame[256] = {0x01, 0x00, 0x5e, [6] = 2};
	size_t head = v6 ? 54 : 34, len = lp_reader_u8(r) % 128U;
	struct lp_multicast_group *group = NULL;
	struct lp_view view;
	if (v6)
		memset(frame, 0x33, 2);
	frame[11] = lp_reader_u8(r) & 3;
	frame[12] = v6 ? 0x86 : 0x08;
	frame[13] = v6 ? 0xdd : 0x00;
	frame[14] = v6 ? 0x60 : 0x45;
	frame[v6 ? 19 : 17] = (uint8_t)(v6 ? len : len + 20);
	frame[v6 ? 20 : 23] = lp_reader_u8(r);
	lp_reader_copy(r, frame + (v6 ? 38 : 30), v6 ? 16 : 4);
	lp_reader_copy(r, frame + head, len);
	lp_view_init(&view, frame, head + len);
	if (lp_multicast_forward(multicast, &members[from], from == MEMBERS - 1, &view, now_ns, &group) ==
		LP_MULTICAST_TO_GROUP)
		check_targets(multicast, members, group);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t key[LP_SIPHASH_KEY] = {1};
	struct lp_reader r = lp_reader_init(data, len);
	struct lp_multicast multicast;
	struct lp_multicast_member members[MEMBERS];
	uint64_t now_ns = LP_SEC;
	lp_multicast_init(&multicast, key);
	for (size_t i = 0; i < MEMBERS; i++)
		lp_multicast_member_init(&members[i]);
	while (lp_reader_left(&r) > 0) {
		uint8_t operation = lp_reader_u8(&r);
		size_t member = operation % MEMBERS;
		if (operation >> 6 < 2)
			forward(&multicast, members, member, operation >> 6, &r, now_ns);
		else if (operation >> 6 == 2)
			lp_multicast_member_remove(&multicast, &members[member]);
		else
			now_ns = operation & 32 ? lp_reader_u64(&r) : now_ns + (LP_MS << (operation & 31));
		check(multicast.n_empty <= LP_MULTICAST_EMPTY_MAX);
		check(multicast.n_groups <= multicast.n_empty + MEMBERS * LP_MULTICAST_GROUPS_PER_MEMBER);
		check(members[member].n_memberships <= LP_MULTICAST_GROUPS_PER_MEMBER);
		check(!members[member].everything || members[member].n_memberships == 0);
	}
	for (size_t i = 0; i < MEMBERS; i++)
		lp_multicast_member_remove(&multicast, &members[i]);
	check(multicast.n_groups == multicast.n_empty);
	lp_multicast_done(&multicast);
	return 0;
}

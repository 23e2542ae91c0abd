#include "obs/drop.h"

static const char *const wires[] = {
#define X(name, wire, text) [LP_DROP_##name] = wire,
	LP_DROPS(X)
#undef X
};

static const char *const texts[] = {
#define X(name, wire, text) [LP_DROP_##name] = text,
	LP_DROPS(X)
#undef X
};

const char *lp_drop_wire(enum lp_drop drop)
{
	return (unsigned)drop < LP_DROP_COUNT ? wires[drop] : "unknown";
}

const char *lp_drop_text(enum lp_drop drop)
{
	return (unsigned)drop < LP_DROP_COUNT ? texts[drop] : "unknown";
}

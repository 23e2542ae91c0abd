#include "proto/pad.h"

const uint8_t lp_pad_zeros[LP_ETHER_FRAME_MIN];

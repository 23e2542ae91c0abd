/* Applies a macro to each of 1 to 24 arguments: LP_MAP(op, a, b) is op(a) op(b). */
#ifndef LP_OBS_MAP_H
#define LP_OBS_MAP_H

/* clang-format off */
#define LP_MAP(op, ...) LP_MAP_PICK(__VA_ARGS__, \
	LP_MAP_24, LP_MAP_23, LP_MAP_22, LP_MAP_21, LP_MAP_20, LP_MAP_19, LP_MAP_18, LP_MAP_17, LP_MAP_16, LP_MAP_15, \
	LP_MAP_14, LP_MAP_13, LP_MAP_12, LP_MAP_11, LP_MAP_10, LP_MAP_9, LP_MAP_8, LP_MAP_7, LP_MAP_6, LP_MAP_5, \
	LP_MAP_4, LP_MAP_3, LP_MAP_2, LP_MAP_1, \
	0)(op, __VA_ARGS__)
#define LP_MAP_PICK( \
	_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, _22, _23, _24, chosen, ...) chosen
#define LP_MAP_1(op, a) op(a)
#define LP_MAP_2(op, a, ...) op(a) LP_MAP_1(op, __VA_ARGS__)
#define LP_MAP_3(op, a, ...) op(a) LP_MAP_2(op, __VA_ARGS__)
#define LP_MAP_4(op, a, ...) op(a) LP_MAP_3(op, __VA_ARGS__)
#define LP_MAP_5(op, a, ...) op(a) LP_MAP_4(op, __VA_ARGS__)
#define LP_MAP_6(op, a, ...) op(a) LP_MAP_5(op, __VA_ARGS__)
#define LP_MAP_7(op, a, ...) op(a) LP_MAP_6(op, __VA_ARGS__)
#define LP_MAP_8(op, a, ...) op(a) LP_MAP_7(op, __VA_ARGS__)
#define LP_MAP_9(op, a, ...) op(a) LP_MAP_8(op, __VA_ARGS__)
#define LP_MAP_10(op, a, ...) op(a) LP_MAP_9(op, __VA_ARGS__)
#define LP_MAP_11(op, a, ...) op(a) LP_MAP_10(op, __VA_ARGS__)
#define LP_MAP_12(op, a, ...) op(a) LP_MAP_11(op, __VA_ARGS__)
#define LP_MAP_13(op, a, ...) op(a) LP_MAP_12(op, __VA_ARGS__)
#define LP_MAP_14(op, a, ...) op(a) LP_MAP_13(op, __VA_ARGS__)
#define LP_MAP_15(op, a, ...) op(a) LP_MAP_14(op, __VA_ARGS__)
#define LP_MAP_16(op, a, ...) op(a) LP_MAP_15(op, __VA_ARGS__)
#define LP_MAP_17(op, a, ...) op(a) LP_MAP_16(op, __VA_ARGS__)
#define LP_MAP_18(op, a, ...) op(a) LP_MAP_17(op, __VA_ARGS__)
#define LP_MAP_19(op, a, ...) op(a) LP_MAP_18(op, __VA_ARGS__)
#define LP_MAP_20(op, a, ...) op(a) LP_MAP_19(op, __VA_ARGS__)
#define LP_MAP_21(op, a, ...) op(a) LP_MAP_20(op, __VA_ARGS__)
#define LP_MAP_22(op, a, ...) op(a) LP_MAP_21(op, __VA_ARGS__)
#define LP_MAP_23(op, a, ...) op(a) LP_MAP_22(op, __VA_ARGS__)
#define LP_MAP_24(op, a, ...) op(a) LP_MAP_23(op, __VA_ARGS__)
/* clang-format on */

#endif

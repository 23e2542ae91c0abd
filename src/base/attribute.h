/* Attributes of functions. */
#ifndef LP_BASE_ATTRIBUTE_H
#define LP_BASE_ATTRIBUTE_H

/* Checks printf-like calls: the format is argument |f|, its values start with |v|. On Windows, the format "printf"
   means another C library than the one in use. */
#ifdef __MINGW32__
#define LP_PRINTF(f, v) __attribute__((format(gnu_printf, f, v)))
#else
#define LP_PRINTF(f, v) __attribute__((format(printf, f, v)))
#endif

#endif

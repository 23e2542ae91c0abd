/* What the compiler is told about functions. */
#ifndef LP_BASE_ATTRIBUTE_H
#define LP_BASE_ATTRIBUTE_H

/* Checks calls like printf's: the format is argument |f|, its values begin with |v|. On Windows the C library that is
   meant by "printf" is another one than the one in use. */
#ifdef __MINGW32__
#define LP_PRINTF(f, v) __attribute__((format(gnu_printf, f, v)))
#else
#define LP_PRINTF(f, v) __attribute__((format(printf, f, v)))
#endif

#endif

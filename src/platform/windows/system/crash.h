/* What remains of a crash: %ProgramData%\lanparty\client.dmp, for a debugger. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_CRASH_H
#define LP_PLATFORM_WINDOWS_SYSTEM_CRASH_H

/* Writes the file if the program crashes from now on. It holds the stacks of the threads. */
void lp_crash_dump_enable(void);

#endif

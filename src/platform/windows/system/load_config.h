/* Where Windows looks for the DLLs of this program: in System32 only.

   The client runs as administrator, often from a folder of downloads, where a web page can put a DLL with the name of
   one that the client links to. What the program links to is loaded before its first instruction, by the load
   configuration of its header; client/windows/set-load-config enters it there, because the linker does not. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_LOAD_CONFIG_H
#define LP_PLATFORM_WINDOWS_SYSTEM_LOAD_CONFIG_H

/* The same for DLLs that are loaded later. A program that does not call this has no load configuration either. */
void lp_load_from_system32(void);

#endif

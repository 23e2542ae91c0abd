#include "platform/windows/system/load_config.h"

#include <windows.h>

/* |Reserved1| has been DependentLoadFlags since Windows 10 1607. */
__attribute__((section(".loadcfg"), used)) static const IMAGE_LOAD_CONFIG_DIRECTORY64 load_config = {
	.Size = sizeof load_config,
	.Reserved1 = LOAD_LIBRARY_SEARCH_SYSTEM32,
};

void lp_load_from_system32(void)
{
	SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
}

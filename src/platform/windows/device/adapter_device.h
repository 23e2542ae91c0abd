/* The device of a network adapter, as SetupAPI sees it. */
#ifndef LP_PLATFORM_WINDOWS_DEVICE_ADAPTER_DEVICE_H
#define LP_PLATFORM_WINDOWS_DEVICE_ADAPTER_DEVICE_H

#include <windows.h>

#include <setupapi.h>
#include <stdbool.h>

/* The class of network adapters: {4D36E972-E325-11CE-BFC1-08002BE10318}. */
extern const GUID lp_adapter_class;

/* Finds the device with an instance ID ("ROOT\NET\0000") in the set. |device| has its size set. */
bool lp_adapter_find_device(HDEVINFO set, const char *instance, SP_DEVINFO_DATA *device);

#endif

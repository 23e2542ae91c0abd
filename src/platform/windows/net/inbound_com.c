#include <winsock2.h>

#include "platform/net/inbound.h"

#define COBJMACROS
#include <netfw.h>
#include <netlistmgr.h>
#include <oleauto.h>
#include <stdbool.h>

#include "base/error.h"
#include "platform/windows/net/ip_helper.h"

/* From the headers, whose definitions are in a library that is not always there. */
static const GUID clsid_list = {0xdcb00c01, 0x570f, 0x4a9b, {0x8d, 0x69, 0x19, 0x9f, 0xdb, 0xa5, 0x72, 0x3b}};
static const GUID iid_list = {0xdcb00000, 0x570f, 0x4a9b, {0x8d, 0x69, 0x19, 0x9f, 0xdb, 0xa5, 0x72, 0x3b}};
static const GUID clsid_policy = {0xe2b3c97f, 0x6ae1, 0x41ac, {0x81, 0x7a, 0xf6, 0xf9, 0x21, 0x66, 0xd7, 0xdd}};
static const GUID iid_policy = {0x98325047, 0xc671, 0x4174, {0x8d, 0x81, 0xde, 0xfc, 0xd3, 0xf0, 0x31, 0x86}};
static const GUID clsid_rule = {0x2c5bc43e, 0x3369, 0x4c33, {0xab, 0x0c, 0xbe, 0x94, 0x69, 0x67, 0x7a, 0xf4}};
static const GUID iid_rule = {0xaf230d27, 0xbaba, 0x4e42, {0xac, 0xed, 0xf5, 0x24, 0xf2, 0x2c, 0xfc, 0xe2}};

/* Every port but those of RPC (135), NetBIOS (137 to 139), SMB (445), remote desktop (3389) and WinRM (5985, 5986). */
#define PORTS L"1-134,136,140-444,446-3388,3390-5984,5987-65535"

/* One rule for each protocol, by fixed names: a crash leaves nothing behind that the next start does not remove. The
   uninstaller removes them too (dist/windows-installer.nsi). */
static const struct {
	const wchar_t *name;
	long protocol;
} rules[] = {
	{L"LAN Party (UDP)", NET_FW_IP_PROTOCOL_UDP},
	{L"LAN Party (TCP)", NET_FW_IP_PROTOCOL_TCP},
};

/* What a COM call's failure means here. */
static int error_of(HRESULT hr)
{
	switch (hr) {
	case E_ACCESSDENIED:
		return LP_EPERM;
	case E_OUTOFMEMORY:
		return LP_ENOMEM;
	case E_NOTIMPL:
	case REGDB_E_CLASSNOTREG:
	case CLASS_E_CLASSNOTAVAILABLE:
		return LP_EUNSUPPORTED;
	default:
		return LP_EIO;
	}
}

/* True if the connection is the interface's. */
static bool is_of(INetworkConnection *connection, const GUID *adapter)
{
	GUID id = {0};
	return SUCCEEDED(INetworkConnection_GetAdapterId(connection, &id)) && IsEqualGUID(&id, adapter);
}

/* Finds the network that the interface is in. */
static int find_network(INetworkListManager *list, const GUID *adapter, INetwork **ret_network)
{
	IEnumNetworkConnections *all;
	int result = LP_ENOTFOUND;
	HRESULT hr = INetworkListManager_GetNetworkConnections(list, &all);
	if (FAILED(hr))
		return error_of(hr);
	INetworkConnection *connection;
	ULONG n;
	while (result == LP_ENOTFOUND && IEnumNetworkConnections_Next(all, 1, &connection, &n) == S_OK && n == 1) {
		if (is_of(connection, adapter)) {
			hr = INetworkConnection_GetNetwork(connection, ret_network);
			result = FAILED(hr) ? error_of(hr) : 0;
		}
		INetworkConnection_Release(connection);
	}
	IEnumNetworkConnections_Release(all);
	return result;
}

/* Reads or changes the category of a network. */
static int change_category(INetwork *network, enum lp_inbound_action action)
{
	NLM_NETWORK_CATEGORY category = NLM_NETWORK_CATEGORY_PUBLIC;
	HRESULT hr = INetwork_GetCategory(network, &category);
	if (SUCCEEDED(hr) && action == LP_INBOUND_PRIVATE && category == NLM_NETWORK_CATEGORY_PUBLIC)
		hr = INetwork_SetCategory(network, NLM_NETWORK_CATEGORY_PRIVATE);
	else if (SUCCEEDED(hr) && action == LP_INBOUND_PUBLIC && category == NLM_NETWORK_CATEGORY_PRIVATE)
		hr = INetwork_SetCategory(network, NLM_NETWORK_CATEGORY_PUBLIC);
	if (FAILED(hr))
		return error_of(hr);
	if (action != LP_INBOUND_QUERY)
		return 0;
	return category == NLM_NETWORK_CATEGORY_PUBLIC ? LP_INBOUND_PUBLIC : LP_INBOUND_PRIVATE;
}

/* The same for the interface's network. */
static int do_category(const GUID *adapter, enum lp_inbound_action action)
{
	INetworkListManager *list;
	INetwork *network;
	HRESULT hr = CoCreateInstance(&clsid_list, NULL, CLSCTX_ALL, &iid_list, (void **)&list);
	if (FAILED(hr))
		return error_of(hr);
	int result = find_network(list, adapter, &network);
	if (result == 0) {
		result = change_category(network, action);
		INetwork_Release(network);
	}
	INetworkListManager_Release(list);
	return result;
}

/* The interface's name as the one element of an array, as rules want it. False without memory. */
static bool name_array(const NET_LUID *luid, VARIANT *ret_names)
{
	wchar_t alias[NDIS_IF_MAX_STRING_SIZE + 1];
	VARIANT name;
	LONG index = 0;
	if (ConvertInterfaceLuidToAlias(luid, alias, NDIS_IF_MAX_STRING_SIZE + 1) != NO_ERROR)
		return false;
	SAFEARRAY *array = SafeArrayCreateVector(VT_VARIANT, 0, 1);
	V_VT(&name) = VT_BSTR;
	V_BSTR(&name) = SysAllocString(alias);
	bool ok = array && V_BSTR(&name) && SUCCEEDED(SafeArrayPutElement(array, &index, &name));
	SysFreeString(V_BSTR(&name));
	if (!ok) {
		if (array)
			SafeArrayDestroy(array);
		return false;
	}
	V_VT(ret_names) = VT_ARRAY | VT_VARIANT;
	V_ARRAY(ret_names) = array;
	return true;
}

/* Calls a setter of the rule with a text. */
static HRESULT put_text(INetFwRule *rule, HRESULT(STDMETHODCALLTYPE *put)(INetFwRule *, BSTR), const wchar_t *text)
{
	BSTR copy = SysAllocString(text);
	HRESULT hr = copy ? put(rule, copy) : E_OUTOFMEMORY;
	SysFreeString(copy);
	return hr;
}

/* Adds one rule. */
static HRESULT add_rule(INetFwRules *all, const wchar_t *name, long protocol, const VARIANT *interfaces)
{
	INetFwRule *rule;
	HRESULT hr = CoCreateInstance(&clsid_rule, NULL, CLSCTX_ALL, &iid_rule, (void **)&rule);
	if (FAILED(hr))
		return hr;
	const INetFwRuleVtbl *put = rule->lpVtbl;
	if (FAILED(hr = put_text(rule, put->put_Name, name)) ||
		FAILED(hr = put_text(rule, put->put_Description,
			       L"The players of a LAN party reach games on this computer. Removed when "
			       L"lanparty-client-win ends.")) ||
		FAILED(hr = put->put_Protocol(rule, protocol)) ||
		FAILED(hr = put_text(rule, put->put_LocalPorts, PORTS)) ||
		FAILED(hr = put_text(rule, put->put_RemoteAddresses, L"LocalSubnet")) ||
		FAILED(hr = put->put_Direction(rule, NET_FW_RULE_DIR_IN)) ||
		FAILED(hr = put->put_Action(rule, NET_FW_ACTION_ALLOW)) ||
		FAILED(hr = put->put_Profiles(rule, NET_FW_PROFILE2_ALL)) ||
		FAILED(hr = put->put_Interfaces(rule, *interfaces)) ||
		FAILED(hr = put->put_Enabled(rule, VARIANT_TRUE)))
		goto end;
	hr = INetFwRules_Add(all, rule);
end:
	INetFwRule_Release(rule);
	return hr;
}

/* Removes all our rules; several may have the same name. */
static void remove_rules(INetFwRules *all)
{
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		BSTR name = SysAllocString(rules[i].name);
		if (name)
			INetFwRules_Remove(all, name);
		SysFreeString(name);
	}
}

/* Adds or removes the rules. */
static int do_rules(const NET_LUID *luid, bool allow)
{
	INetFwPolicy2 *policy;
	INetFwRules *all;
	VARIANT interfaces;
	HRESULT hr = CoCreateInstance(&clsid_policy, NULL, CLSCTX_ALL, &iid_policy, (void **)&policy);
	if (FAILED(hr))
		return error_of(hr);
	hr = INetFwPolicy2_get_Rules(policy, &all);
	INetFwPolicy2_Release(policy);
	if (FAILED(hr))
		return error_of(hr);
	remove_rules(all);
	if (allow && name_array(luid, &interfaces)) {
		for (size_t i = 0; i < sizeof rules / sizeof rules[0] && SUCCEEDED(hr); i++)
			hr = add_rule(all, rules[i].name, rules[i].protocol, &interfaces);
		VariantClear(&interfaces);
		if (FAILED(hr))
			remove_rules(all);
	} else if (allow) {
		hr = E_OUTOFMEMORY;
	}
	INetFwRules_Release(all);
	return FAILED(hr) ? error_of(hr) : 0;
}

int lp_inbound_do(const struct lp_route_interface *interface, enum lp_inbound_action action)
{
	NET_LUID luid = {.Value = interface->luid};
	GUID adapter;
	int result;
	HRESULT hr = CoInitializeEx(NULL, COINIT_MULTITHREADED);
	if (FAILED(hr) && hr != RPC_E_CHANGED_MODE)
		return error_of(hr);
	if (action == LP_INBOUND_ALLOW || action == LP_INBOUND_FORBID)
		result = do_rules(&luid, action == LP_INBOUND_ALLOW);
	else if (ConvertInterfaceLuidToGuid(&luid, &adapter) != NO_ERROR)
		result = LP_ENOTFOUND;
	else
		result = do_category(&adapter, action);
	if (SUCCEEDED(hr))
		CoUninitialize();
	return result;
}

/* The events: one row each. From a row come the typed function lp_event_NAME(log, fields…), its text, its JSON and its
   place in docs/events.md (run scripts/docs after a change).

   LP_EVENT_ROW(name, LEVEL, template, meaning, fields…) has 1 to 24 fields, each (type, name). Types, and their form in
   text and JSON: str a string, escaped (NULL: empty); u64, i64 numbers; flag yes or no; mac; addr an address with its
   port; ns a duration, in JSON NAME_us; bytes a size; time seconds of Unix time, as a date (UTC) in both.
   In a template {name} is a field's text; what stands in [brackets] is left out when a field in it is empty (an empty
   string, 0, no address). This file is included wherever the rows are needed, so it has no guard. */
/* clang-format off */

/* The programs */
LP_EVENT_ROW(started, INFO, "{program} {version} started", "A program begins its work.",
             (str, program), (str, version))
LP_EVENT_ROW(priority_kept, DEBUG, "no priority over other programs: {reason}",
             "--priority could not be had; frames wait for a processor like everybody else.", (str, reason))
LP_EVENT_ROW(listening, INFO, "{what}: listening on {address}", "A port is open.", (str, what), (addr, address))
LP_EVENT_ROW(serving, INFO, "{what}: at {where}", "Something other than a port is open: a socket file, a device.",
             (str, what), (str, where))
LP_EVENT_ROW(status_unavailable, WARN,
             "{reason}. The command status cannot reach this program unless it is started with another --status-socket",
             "The default status socket cannot be opened; everything else works.", (str, reason))
LP_EVENT_ROW(stopping, INFO, "stopping: {why}", "A signal or a failure ends the program; it says goodbye first.",
             (str, why))
LP_EVENT_ROW(stopped, INFO, "{program} stopped", "The last event of a program that ended as it should.",
             (str, program))
LP_EVENT_ROW(failed, ERROR, "{text}", "Something failed; the text says what, where, why and what to do.", (str, text))
LP_EVENT_ROW(warned, WARN, "{text}", "Something will not work as hoped; the text says what, why and what to do.",
             (str, text))
LP_EVENT_ROW(left_out, WARN, "{count} lines of the event '{name}' were left out here",
             "An event came more often than the log takes it; told with the first that is logged again.",
             (str, name), (u64, count))

/* Certificates of the relay */
LP_EVENT_ROW(certificate, INFO, "certificate {path} {action}, valid until {expires}",
             "The relay's certificate was made, loaded or reloaded.", (str, path), (str, action), (time, expires))
LP_EVENT_ROW(certificate_name, WARN,
             "{path} is for '{name}', --server-name is '{server_name}': members told that name will refuse it: {advice}",
             "The relay's certificate is not for the name that the operator gave.",
             (str, path), (str, name), (str, server_name), (str, advice))
LP_EVENT_ROW(certificate_expiring, WARN,
             "the certificate expires on {expires}[, in {days} days]: put a new one in its place, then send SIGHUP",
             "Comes once a day when less than 14 days are left.", (time, expires), (i64, days))
LP_EVENT_ROW(certificate_expired, ERROR,
             "the certificate expired on {expires}: members refuse it: put a new one in its place, then send SIGHUP",
             "Comes at the start and once a day until there is a new one.", (time, expires))
LP_EVENT_ROW(certificate_kept, ERROR, "the certificate was not reloaded, the old one stays: {reason}",
             "A reload failed; connections go on with the certificate that was there.", (str, reason))

/* Connections and members, as the relay sees them */
LP_EVENT_ROW(connection_opened, DEBUG, "{address} connected", "A QUIC handshake is complete.", (addr, address))
LP_EVENT_ROW(connection_closed, DEBUG, "{address} closed: {reason}", "A QUIC connection is over.",
             (addr, address), (str, reason))
LP_EVENT_ROW(connection_refused, WARN, "connections refused: {reason}[, last from {address}][, {suppressed} more]",
             "A limit on connections turned somebody away; told at most once a second, with the number left out.",
             (str, reason), (addr, address), (u64, suppressed))
LP_EVENT_ROW(protocol_error, WARN, "{address} broke the protocol: {reason}",
             "A peer's control stream was not as docs/protocol.md says; it was closed.",
             (addr, address), (str, reason))
LP_EVENT_ROW(hello_timeout, INFO, "{address} said no hello in time", "A connection without a member was closed.",
             (addr, address))
LP_EVENT_ROW(peer_joined, INFO, "room {room}: {role}[ '{name}'] joined as peer {peer} ({mac}, {address}[, {software}])",
             "The relay admitted a member.",
             (str, room), (u64, peer), (str, role), (str, name), (mac, mac), (addr, address), (str, software))
LP_EVENT_ROW(peer_resumed, INFO, "room {room}: {role}[ '{name}'] came back as peer {peer} ({mac}, {address})",
             "A member proved that it is the one who was there, and kept its place.",
             (str, room), (u64, peer), (str, role), (str, name), (mac, mac), (addr, address))
LP_EVENT_ROW(peer_left, INFO, "room {room}: {role}[ '{name}'] left, peer {peer} ({mac}): {reason}",
             "A member is gone, with its MACs.",
             (str, room), (u64, peer), (str, role), (str, name), (mac, mac), (str, reason))
LP_EVENT_ROW(peer_rejected, INFO, "{address} rejected[, room {room}], {role} {mac}: {code}: {message}",
             "The relay did not admit a member.",
             (addr, address), (str, room), (str, role), (mac, mac), (str, code), (str, message))
LP_EVENT_ROW(migrated, INFO, "room {room}: peer {peer} is now at {address}",
             "A member's address changed under its connection, which goes on.",
             (str, room), (u64, peer), (addr, address))
LP_EVENT_ROW(malformed_limit, WARN, "room {room}: peer {peer} sent more than {limit} malformed datagrams: closed",
             "A member was disconnected for what it sends.", (str, room), (u64, peer), (u64, limit))

/* Going to a relay and being there, as a member sees it */
LP_EVENT_ROW(identity, INFO, "identity {path} {action}: MAC {mac}", "The member's MAC was made or read.",
             (str, path), (str, action), (mac, mac))
LP_EVENT_ROW(member_state, DEBUG, "state {from} -> {to}", "The member's state machine (src/member/member.h) moved on.",
             (str, from), (str, to))
LP_EVENT_ROW(connecting, DEBUG, "connecting to {host} ({address})", "A handshake with the relay begins.",
             (str, host), (addr, address))
LP_EVENT_ROW(joined, INFO, "joined room {room} as peer {peer}, MTU {mtu}[, gateway present: {gateway}]",
             "The relay admitted us.", (str, room), (u64, peer), (u64, mtu), (flag, gateway))
LP_EVENT_ROW(reconnecting, DEBUG, "no connection to the relay ({reason}): trying again in {delay}",
             "The connection was lost or could not be made; the next attempt starts after the delay.",
             (str, reason), (ns, delay))
LP_EVENT_ROW(path_changed, INFO, "now connected from {local} to {remote}", "Our own address changed; the session goes on.",
             (addr, local), (addr, remote))
LP_EVENT_ROW(member_joined, INFO, "{role}[ '{name}'] is in the room, peer {peer} ({mac})",
             "Somebody joined, or was there already when we came.",
             (u64, peer), (str, role), (str, name), (mac, mac))
LP_EVENT_ROW(member_left, INFO, "{role}[ '{name}'] left, peer {peer} ({mac}): {reason}", "Somebody is gone.",
             (u64, peer), (str, role), (str, name), (mac, mac), (str, reason))
LP_EVENT_ROW(member_left_unknown, INFO, "peer {peer} left: {reason}", "Somebody is gone of whom we never heard.",
             (u64, peer), (str, reason))
LP_EVENT_ROW(gateway_present, INFO, "the LAN is reachable, by gateway[ '{name}'] ({mac})", "A gateway is in the room.",
             (str, name), (mac, mac))
LP_EVENT_ROW(gateway_gone, WARN, "LAN gateway[ '{name}'] left ({mac}): {reason}",
             "The room has no gateway any more.", (str, name), (mac, mac), (str, reason))
LP_EVENT_ROW(status, INFO, "{text}", "The line that says how things are; comes when the truth changes.", (str, text))

/* Devices */
LP_EVENT_ROW(adapter, INFO, "adapter '{name}' {guid}[, interface {index}][, LUID {luid}]: driver {driver}, MAC {mac}, MTU {mtu}",
             "The system's own adapter that the client uses (Windows), as its driver describes it.",
             (str, name), (str, guid), (u64, index), (str, luid), (str, driver), (mac, mac), (u64, mtu))
LP_EVENT_ROW(tap_up, INFO, "TAP {name} is up: MAC {mac}, MTU {mtu}", "The client's network device is ready.",
             (str, name), (mac, mac), (u64, mtu))
LP_EVENT_ROW(tap_down, WARN, "TAP {name} is down[: {reason}]", "The client's network device cannot carry frames.",
             (str, name), (str, reason))
LP_EVENT_ROW(interface_up, INFO, "interface {name}: capturing ({mac}, MTU {mtu})",
             "The gateway's wired interface is open.", (str, name), (mac, mac), (u64, mtu))
LP_EVENT_ROW(interface_down, WARN, "{name}: {reason}",
             "The gateway's interface or the client's TAP carries no frames: somebody set it down, or a cable is out. "
             "The program stays.",
             (str, name), (str, reason))
LP_EVENT_ROW(interface_back, INFO, "{name}: the interface carries frames again", "Follows interface_down.",
             (str, name))
LP_EVENT_ROW(loop_detected, ERROR, "a loop through the tunnel: {what}: unplug one of the two ways",
             "Frames that went out came back on another way.", (str, what))

/* What a client changes on the computer, and undoes again */
LP_EVENT_ROW(repaired, INFO, "put back {count} settings that a client left behind which could not end as it should",
             "A client was killed, or the computer lost power; its changes are undone now.", (u64, count))
LP_EVENT_ROW(change_kept, INFO, "cannot be put back yet: {what}",
             "An adapter is away; its settings are put back at the next start at which it is there.", (str, what))
LP_EVENT_ROW(change_stuck, WARN, "could not be put back: {what}: noted in {path}, tried again at the next start",
             "Something that the client changed stays changed for now.", (str, what), (str, path))
LP_EVENT_ROW(journal_damaged, WARN,
             "{path} cannot be understood ({reason}): nothing of it was put back; it is kept as {aside}: compare it with "
             "the routes and the adapter's settings, then remove it",
             "The notes about what a client changed were damaged.", (str, path), (str, reason), (str, aside))
LP_EVENT_ROW(adapter_set, INFO,
             "{device}: interface {interface}, IPv{family} MTU {mtu}, metric {metric}, default routes not used",
             "The TAP adapter is set so that games send on it, and the internet stays where it was.",
             (str, device), (u64, interface), (u64, luid), (u64, family), (u64, mtu), (u64, metric))
LP_EVENT_ROW(offload_off, INFO, "{reason}", "The system's UDP offload does not work, and the client does without it.",
             (str, reason))
LP_EVENT_ROW(address_asked, INFO,
             "{device}: the LAN is reachable now. The adapter is reconnected, which makes Windows ask for an address",
             "The gateway came after the client, whose adapter has no address of the LAN.", (str, device))
LP_EVENT_ROW(adapter_foreign, WARN,
             "{device}: another program set IPv{family} to MTU {mtu}, metric {metric}, which stays. Games may not find the "
             "LAN's servers. End that program, or set the metric to 'automatic'",
             "Another program changed what the client set on its TAP adapter.",
             (str, device), (u64, family), (u64, mtu), (u64, metric))
LP_EVENT_ROW(route_pinned, INFO, "the way to the relay {remote} is held: interface {interface}[, by {next_hop}]",
             "A route to the relay alone keeps the tunnel on the interface that it used before the TAP came up.",
             (addr, remote), (u64, interface), (addr, next_hop))
LP_EVENT_ROW(route_kept, INFO, "there is a route to the relay {remote} already: it is used, and left alone at the end",
             "Somebody else made a route to the relay's address.", (addr, remote))
LP_EVENT_ROW(route_astray, WARN, "the relay {remote} is not reached as it was: {reason}",
             "The way to the relay changed and could not be held; tried again every few seconds.",
             (addr, remote), (str, reason))
LP_EVENT_ROW(broadcast_astray, WARN,
             "broadcasts of this computer do not reach {device}, and games that look for servers by broadcast will look "
             "elsewhere: {advice}",
             "A broadcast to 255.255.255.255, as games send it, does not leave by the TAP.", (str, device),
             (str, advice))
LP_EVENT_ROW(same_network, WARN,
             "{device} and {other} are in the same network: this computer looks for each address at one of the two only, and "
             "games may not find the LAN's servers: give the LAN, or the network at {other}, other addresses",
             "The LAN and the player's own network use the same IPv4 addresses.", (str, device), (str, other))
LP_EVENT_ROW(broadcast_arrives, DEBUG, "broadcasts of this computer reach {device}",
             "The self-test after the start saw its broadcast at the TAP.", (str, device))

/* Figures */
LP_EVENT_ROW(snapshot, INFO,
             "{state}, RTT {rtt}[, gateway {gateway_rtt}], lost {lost_packets}, budget {budget}, {device} {device_state}"
             "[ {device_address}], frames in {frames_in} out {frames_out}, bytes in {bytes_in} out {bytes_out}, "
             "DATAGRAMs in {datagrams_in} out {datagrams_out}[, drops {drops}][, bounds {bounds}]",
             "Diagnostics of a member, every 30 s.",
             (str, state), (addr, relay), (ns, rtt), (ns, gateway_rtt), (u64, lost_packets), (u64, budget),
             (str, device), (str, device_state), (str, device_address), (u64, peers), (u64, frames_in),
             (u64, frames_out), (bytes, bytes_in), (bytes, bytes_out), (u64, datagrams_in), (u64, datagrams_out),
             (str, drops), (str, bounds))
LP_EVENT_ROW(frame, INFO,
             "frame[ room {room}][ peer {peer}] {direction} {source} > {destination} {type}[ vlan {vlan}] {length} bytes: "
             "{action}[: {reason}][ to {targets}]",
             "One Ethernet frame, where --frame-log asks for it.",
             (str, room), (u64, peer), (str, direction), (mac, source), (mac, destination), (str, type), (u64, vlan),
             (u64, length), (str, action), (str, reason), (u64, targets))

/* The events, one row each. The typed function lp_event_NAME(log, fields…), the text line, the JSON and the section in
   docs/events.md are generated from the row (run scripts/docs after a change).

   LP_EVENT_ROW(name, LEVEL, template, meaning, fields…) has 1 to 24 fields, each (type, name). Types, and their form in
   text and JSON: str a string, escaped (NULL: empty); u64, i64 numbers; flag yes or no; mac; addr an address with its
   port; ns a duration, in JSON NAME_us; bytes a size; time seconds of Unix time, as a date (UTC) in both.
   In a template {name} is a field's text; a part in [brackets] is omitted if a field in it is empty (an empty string,
   0, no address). This file is included wherever the rows are needed, so it has no include guard. */
/* clang-format off */

/* The programs */
LP_EVENT_ROW(started, INFO, "{program} {version} started", "A program has started.",
             (str, program), (str, version))
LP_EVENT_ROW(priority_kept, DEBUG, "no real-time priority: {reason}",
             "--priority has no effect, because the system denied it; the program runs at normal priority.", (str, reason))
LP_EVENT_ROW(confined, DEBUG, "[runs as {user}, ]files restricted: {files}, system calls restricted: {calls}",
             "What the program has given up now that everything is open: root's rights (the user it changed to, if it did), files and system calls that it does not need.",
             (str, user), (flag, files), (flag, calls))
LP_EVENT_ROW(listening, INFO, "{what}: listening on {address}", "A port is open.", (str, what), (addr, address))
LP_EVENT_ROW(capture_started, INFO, "capture of {what} started",
             "The operator captures frames (the command `capture`).", (str, what))
LP_EVENT_ROW(capture_ended, INFO, "capture ended: {frames} frames[, {lost} of them not captured because the reader was too slow]",
             "A capture ended.", (u64, frames), (u64, lost))
LP_EVENT_ROW(serving, INFO, "{what}: at {where}", "A socket file or a device is open.",
             (str, what), (str, where))
LP_EVENT_ROW(status_unavailable, WARN,
             "{reason}. The command status cannot reach this program unless it is started with another --status-socket",
             "The default status socket cannot be opened; everything else works.", (str, reason))
LP_EVENT_ROW(stopping, INFO, "stopping: {why}", "A signal or a failure ends the program. It closes its connections first.",
             (str, why))
LP_EVENT_ROW(stopped, INFO, "{program} stopped", "The last event of a program that ended normally.",
             (str, program))
LP_EVENT_ROW(failed, ERROR, "{text}", "A failure; the text states what failed, where, why, and what to do.", (str, text))
LP_EVENT_ROW(warned, WARN, "{text}", "A warning; the text states what will not work, why, and what to do.",
             (str, text))
LP_EVENT_ROW(left_out, WARN, "{count} lines of the event '{name}' were suppressed here",
             "An event exceeded the log's rate limit. Logged before the next line of that event.",
             (str, name), (u64, count))

/* Certificates of the relay */
LP_EVENT_ROW(certificate, INFO, "certificate {path} {action}, valid until {expires}",
             "The relay's certificate was made, loaded or reloaded.", (str, path), (str, action), (time, expires))
LP_EVENT_ROW(certificate_name, WARN,
             "{path} is for '{name}', but --server-name is '{server_name}', so members that expect this name will reject the certificate. {advice}",
             "The relay's certificate is not valid for the name in --server-name.",
             (str, path), (str, name), (str, server_name), (str, advice))
LP_EVENT_ROW(certificate_expiring, WARN,
             "the certificate expires on {expires}[, in {days} days]. Replace the file, then send SIGHUP",
             "Logged once a day when less than 14 days are left.", (time, expires), (i64, days))
LP_EVENT_ROW(certificate_expired, ERROR,
             "the certificate expired on {expires}, so members reject it. Replace the file, then send SIGHUP",
             "Logged at the start, and once a day until the certificate is replaced.", (time, expires))
LP_EVENT_ROW(certificate_early, ERROR,
             "the certificate is not valid before {starts}, and this computer's clock shows {now}, so members reject it. "
             "Check the clock. If it was wrong when the certificate was made, remove relay.pem and relay.key and restart the "
             "relay (members then need the new file)",
             "Logged at the start, and once a day until the certificate is valid.", (time, starts), (time, now))
LP_EVENT_ROW(certificate_kept, ERROR, "the certificate was not reloaded, the old one stays in use: {reason}",
             "A reload failed; the relay continues to use the previous certificate.", (str, reason))

/* Connections and members, as the relay sees them */
LP_EVENT_ROW(connection_opened, DEBUG, "{address} connected", "A QUIC handshake is complete.", (addr, address))
LP_EVENT_ROW(connection_closed, DEBUG, "{address} closed: {reason}", "A QUIC connection was closed.",
             (addr, address), (str, reason))
LP_EVENT_ROW(connection_refused, WARN, "connections refused: {reason}[, last from {address}][, {suppressed} more]",
             "A limit refused connections. Logged at most once a second, with the number of suppressed lines.",
             (str, reason), (addr, address), (u64, suppressed))
LP_EVENT_ROW(protocol_error, WARN, "{address} broke the protocol: {reason}",
             "A peer violated docs/protocol.md on its control stream; the connection was closed.",
             (addr, address), (str, reason))
LP_EVENT_ROW(hello_timeout, INFO, "{address} sent no hello before the timeout", "A connection without a member was closed.",
             (addr, address))
LP_EVENT_ROW(peer_joined, INFO, "room {room}: {role}[ '{name}'] joined as peer {peer} ({mac}, {address}[, {software}])",
             "The relay admitted a member.",
             (str, room), (u64, peer), (str, role), (str, name), (mac, mac), (addr, address), (str, software))
LP_EVENT_ROW(peer_resumed, INFO, "room {room}: {role}[ '{name}'] resumed as peer {peer} ({mac}, {address})",
             "A member reconnected with its resume token and kept its membership.",
             (str, room), (u64, peer), (str, role), (str, name), (mac, mac), (addr, address))
LP_EVENT_ROW(peer_left, INFO, "room {room}: {role}[ '{name}'] left, peer {peer} ({mac}): {reason}",
             "A member left the room; its MACs were removed.",
             (str, room), (u64, peer), (str, role), (str, name), (mac, mac), (str, reason))
LP_EVENT_ROW(macs_overflowed, WARN,
             "room {room}: more than {limit} stations on the gateway's LAN, {forgotten} of the oldest were forgotten. Frames still reach them; if the LAN is not that large, a computer there makes up MACs",
             "The relay's table of LAN stations is full. The oldest entries make space for new ones. Logged at most once a minute for each room.",
             (str, room), (u64, limit), (u64, forgotten))
LP_EVENT_ROW(address_refused, WARN,
             "room {room}: client[ '{name}'], peer {peer} ({mac}), claims {address}, which {owner} has. Its ARP and neighbour discovery for that address is dropped; 'kick' and 'ban' remove it",
             "The filter address-guard dropped a claim. Logged at most once a minute for each client; the drops are counted as address_theft.",
             (str, room), (u64, peer), (str, name), (mac, mac), (addr, address), (str, owner))
LP_EVENT_ROW(address_moved, INFO, "room {room}: {address} of client[ '{name}'], peer {peer} ({mac}), now belongs to {owner}",
             "A station on the LAN uses the address of a client, or the LAN's DHCP server assigned it to someone else.",
             (str, room), (u64, peer), (str, name), (mac, mac), (addr, address), (str, owner))
LP_EVENT_ROW(output_limited, WARN,
             "room {room}: frames of {role}[ '{name}'], peer {peer} ({address}), are dropped, because --limit-{limit} is reached",
             "The relay reached a limit on what it sends. Logged at most once a minute for each room; the drops are counted as limit_output.",
             (str, room), (u64, peer), (str, role), (str, name), (addr, address), (str, limit))
LP_EVENT_ROW(room_gave_way, WARN, "room {room} was closed for room {other}, because there are as many rooms as --max-rooms",
             "The relay closed a plain room without a gateway, the one that had none for longest, to make space for a room with a gateway.",
             (str, room), (str, other))
LP_EVENT_ROW(room_created, INFO, "room {room} was created by a gateway at {address}",
             "A gateway (--new-room) created a room with keys, where --rooms open permits it.",
             (str, room), (addr, address))
LP_EVENT_ROW(groups_overflowed, INFO,
             "room {room}: {mac} joined more than {limit} multicast groups, so it receives all multicast until it leaves the room",
             "A member's programs joined more IP multicast groups than the relay keeps for it.",
             (str, room), (mac, mac), (u64, limit))
LP_EVENT_ROW(peer_rejected, INFO, "{address} rejected[, room {room}], {role} {mac}: {code}: {message}",
             "The relay did not admit a member.",
             (addr, address), (str, room), (str, role), (mac, mac), (str, code), (str, message))
LP_EVENT_ROW(host_request, INFO, "room {room}: {by} asked for {action}: {outcome}",
             "The room's host or the relay's operator changed a room, or tried to.",
             (str, room), (str, by), (str, action), (str, outcome))
LP_EVENT_ROW(migrated, INFO, "room {room}: peer {peer} is now at {address}",
             "The address of a member changed; its connection continues (connection migration).",
             (str, room), (u64, peer), (addr, address))
LP_EVENT_ROW(malformed_limit, WARN, "room {room}: peer {peer} was disconnected, because it sent more than {limit} malformed datagrams",
             "A member was disconnected for malformed overlay datagrams.", (str, room), (u64, peer), (u64, limit))

/* Connection and room, as a member sees them */
LP_EVENT_ROW(identity, INFO, "identity {path} {action}: MAC {mac}", "The member's MAC was generated, or read from the file.",
             (str, path), (str, action), (mac, mac))
LP_EVENT_ROW(member_state, DEBUG, "state {from} -> {to}", "The member's state machine (src/member/member.h) moved on.",
             (str, from), (str, to))
LP_EVENT_ROW(connecting, DEBUG, "connecting to {host} ({address})", "The handshake with the relay starts.",
             (str, host), (addr, address))
LP_EVENT_ROW(joined, INFO, "joined room {room}",
             "The relay admitted us.", (str, room), (u64, peer), (u64, mtu), (flag, gateway))
LP_EVENT_ROW(reconnecting, DEBUG, "no connection to the relay ({reason}), next attempt in {delay}",
             "The connection was lost or could not be established; the next attempt starts after the delay.",
             (str, reason), (ns, delay))
LP_EVENT_ROW(path_changed, INFO, "now connected from {local} to {remote}", "The member's own address changed; the session continues.",
             (addr, local), (addr, remote))
LP_EVENT_ROW(over_tcp, WARN,
             "the tunnel to {host} runs over TCP[, because {reason}]. Each lost packet delays all those behind it, so games lag more than over UDP",
             "The connection to the relay runs in a TLS stream. Unless --transport tls was given, UDP is tried again every minute.",
             (str, host), (str, reason))
LP_EVENT_ROW(over_udp, INFO, "UDP gets through again: the tunnel to {host} runs over UDP",
             "The connection to the relay has moved from TCP to UDP; the session continues.", (str, host))
LP_EVENT_ROW(member_joined, INFO, "{role}[ '{name}'] is in the room ({mac})",
             "Another member joined, or was already in the room.",
             (u64, peer), (str, role), (str, name), (mac, mac))
LP_EVENT_ROW(member_left, INFO, "{role}[ '{name}'] left ({mac}): {reason}", "Another member left the room.",
             (u64, peer), (str, role), (str, name), (mac, mac), (str, reason))
LP_EVENT_ROW(member_left_unknown, INFO, "peer {peer} left: {reason}", "A member left that was not in our list of peers.",
             (u64, peer), (str, reason))
LP_EVENT_ROW(link_up, INFO, "peer link to peer {peer}[ '{name}'] is up, {route}",
             "Unicast to this member is encrypted from end to end from now on. The route is forwarded (by the relay, unopened) or direct.",
             (u64, peer), (str, name), (str, route))
LP_EVENT_ROW(link_route, INFO, "frames to peer {peer}[ '{name}'] go {route}[ to {address}]",
             "The route of a peer link has changed.",
             (u64, peer), (str, name), (str, route), (addr, address))
LP_EVENT_ROW(link_down, INFO, "peer link to peer {peer}[ '{name}'] is down: {reason}. Frames go through the relay",
             "The link ended; it is made again when it is needed.",
             (u64, peer), (str, name), (str, reason))
LP_EVENT_ROW(link_refused, WARN, "no peer link to peer {peer}[ '{name}']: {reason}",
             "A member, or something between, could not prove that it belongs to the room. Frames go through the relay.",
             (u64, peer), (str, name), (str, reason))
LP_EVENT_ROW(gateway_present, INFO, "the LAN is reachable, by gateway[ '{name}'] ({mac})", "A gateway is in the room.",
             (str, name), (mac, mac))
LP_EVENT_ROW(gateway_gone, WARN, "LAN gateway[ '{name}'] left ({mac}): {reason}",
             "The room has no gateway any more.", (str, name), (mac, mac), (str, reason))
LP_EVENT_ROW(status, INFO, "{text}", "The status line; logged whenever it changes.", (str, text))

/* Devices */
LP_EVENT_ROW(adapter, INFO, "adapter '{name}' {guid}[, interface {index}][, LUID {luid}]: driver {driver}, MAC {mac}, MTU {mtu}",
             "The TAP adapter that the client uses (Windows), as its driver describes it.",
             (str, name), (str, guid), (u64, index), (str, luid), (str, driver), (mac, mac), (u64, mtu))
LP_EVENT_ROW(driver_old, WARN, "{name}: driver {driver}. {problem}",
             "The driver of the TAP adapter (Windows) has a known defect.", (str, name), (str, driver), (str, problem))
LP_EVENT_ROW(lan_config_ignored, INFO,
             "the LAN also offers {name} a default route, name servers or a proxy, which this computer does not use. --lan-internet and --lan-dns accept them",
             "Logged once. The client removes them from DHCP replies and router advertisements for this computer.",
             (str, name))
LP_EVENT_ROW(station_refused, WARN,
             "{device}: frames of {mac} were dropped, because this client carries those of {stations} MAC address(es). To bring a "
             "console or another computer that is bridged to {device}, start the client with --stations {needed}",
             "A program or a bridge sends with another MAC than the TAP's. Logged at most once a minute.",
             (str, device), (mac, mac), (u64, stations), (u64, needed))
LP_EVENT_ROW(tap_up, INFO, "TAP {name} is up: MAC {mac}, MTU {mtu}", "The client's network device is ready.",
             (str, name), (mac, mac), (u64, mtu))
LP_EVENT_ROW(tap_down, WARN, "TAP {name} is down[: {reason}]", "The client's network device cannot carry frames.",
             (str, name), (str, reason))
LP_EVENT_ROW(interface_up, INFO, "interface {name}: capturing ({mac}, MTU {mtu})",
             "The gateway's wired interface is open.", (str, name), (mac, mac), (u64, mtu))
LP_EVENT_ROW(interface_down, WARN, "{name}: {reason}",
             "The gateway's interface or the client's TAP carries no frames, because it was set down or a cable is unplugged. "
             "The program continues to run.",
             (str, name), (str, reason))
LP_EVENT_ROW(lan_deaf, ERROR,
             "{device} drops the LAN's replies to remote players: it receives frames for its own MAC alone. A macvlan or Wi-Fi cannot "
             "do more, so use a wired interface. In a virtual machine, allow promiscuous mode and forged transmits for its adapter",
             "The gateway asked a station of the LAN for its address, from its own MAC and from another one, and only the first was answered. Asked again every 30 s.",
             (str, device))
LP_EVENT_ROW(interface_back, INFO, "{name}: the interface carries frames again", "Follows interface_down.",
             (str, name))
LP_EVENT_ROW(member_displaced, WARN,
             "a remote member has the MAC {mac} of a station on this LAN. The station keeps it, and the relay disconnects the member",
             "The LAN's side wins: the member's frames do not reach the LAN, and its MAC is not announced to the switches.",
             (mac, mac))
LP_EVENT_ROW(loop_detected, ERROR, "a loop through the tunnel: {what}. Disconnect one of the two paths",
             "Frames that were sent came back on another path.", (str, what))

/* Settings of the computer that a client changes and restores */
LP_EVENT_ROW(repaired, INFO, "restored {count} settings left behind by a client that didn't shut down cleanly",
             "A client was killed, or the computer lost power; its changes are undone at the next start.", (u64, count))
LP_EVENT_ROW(change_kept, INFO, "cannot be restored yet: {what}",
             "An adapter is missing; its settings are restored at the next start at which it is present.", (str, what))
LP_EVENT_ROW(change_stuck, WARN, "could not be restored: {what}. It is noted in {path} and tried again at the next start",
             "A change that the client made could not be undone yet.", (str, what), (str, path))
LP_EVENT_ROW(journal_damaged, WARN,
             "{path} is damaged ({reason}), so nothing in it was restored. It is kept as {aside}; compare it with the routes and "
             "the adapter's settings, then remove it",
             "The journal of a client's changes was damaged.", (str, path), (str, reason), (str, aside))
LP_EVENT_ROW(adapter_set, INFO,
             "{device}: interface {interface}, IPv{family} MTU {mtu}, metric {metric}, default routes not used",
             "The TAP adapter was configured: games prefer it, and the default route is not changed.",
             (str, device), (u64, interface), (u64, luid), (u64, family), (u64, mtu), (u64, metric))
LP_EVENT_ROW(offload_off, INFO, "{reason}", "The system's UDP offload does not work, and the program does without it.",
             (str, reason))
LP_EVENT_ROW(dhcp_client, DEBUG, "dhcpcd: {line}", "A line that the DHCP client of the TAP printed.", (str, line))
LP_EVENT_ROW(dhcp_ended, WARN, "{device}: dhcpcd, which asks the LAN for an address, ended: {reason}[. It is started again in {retry}]",
             "The DHCP client of the TAP ended. Logged for the first failure of a series.",
             (str, device), (str, reason), (ns, retry))
LP_EVENT_ROW(address_asked, INFO,
             "{device}: the LAN is reachable now. The adapter is reconnected, which makes Windows ask for an address",
             "The gateway came after the client, whose adapter has no address of the LAN.", (str, device))
LP_EVENT_ROW(address_found, INFO,
             "{device} has the LAN's address {address}. Start games now: one that runs already may not listen on this adapter",
             "The TAP adapter has got its first address of the session.", (str, device), (addr, address))
LP_EVENT_ROW(address_fixed, WARN,
             "{device}: its IPv4 address {address} was set by hand or by another program, so Windows asks the LAN for none. If "
             "the host did not assign it, let the adapter obtain an IP address automatically (its properties, Internet "
             "Protocol Version 4)",
             "DHCP is off on the TAP adapter.", (str, device), (addr, address))
LP_EVENT_ROW(inbound_open, INFO, "{device}: the LAN can reach games on this computer: {how}",
             "Windows' firewall drops what comes in unasked from a public network, which the TAP's was.",
             (str, device), (str, how))
LP_EVENT_ROW(inbound_blocked, WARN,
             "{device}: Windows' firewall keeps the LAN away from games on this computer, and that could not be changed: "
             "{reason}. Allow the game for public networks in the firewall's settings",
             "The TAP's network stays public, and no firewall rules could be added.", (str, device), (str, reason))
LP_EVENT_ROW(adapter_foreign, WARN,
             "{device}: another program set IPv{family} to MTU {mtu}, metric {metric}, which stays. Games may not find the "
             "LAN's servers. End that program, or set the metric to 'automatic'",
             "Another program changed what the client set on its TAP adapter.",
             (str, device), (u64, family), (u64, mtu), (u64, metric))
LP_EVENT_ROW(route_pinned, INFO, "the route to the relay {remote} is pinned: interface {interface}[, next hop {next_hop}]",
             "A host route to the relay keeps the tunnel on the interface that it used before the TAP came up.",
             (addr, remote), (u64, interface), (addr, next_hop))
LP_EVENT_ROW(route_kept, INFO, "a route to the relay {remote} already exists. It is used, and not removed at the end",
             "Another program added a route to the relay's address.", (addr, remote))
LP_EVENT_ROW(route_astray, WARN, "the route to the relay {remote} changed: {reason}",
             "The route to the relay changed and could not be pinned; tried again every few seconds.",
             (addr, remote), (str, reason))
LP_EVENT_ROW(broadcast_astray, WARN,
             "broadcasts of this computer don't reach {device}, so games that discover servers by broadcast will not find the "
             "LAN's: {advice}",
             "A broadcast to 255.255.255.255, as games send it, is not sent on the TAP.", (str, device),
             (str, advice))
LP_EVENT_ROW(same_network, WARN,
             "the party's LAN and your own network at {other} use the same addresses, so games may not find the LAN's servers. "
             "{advice}. A lasting cure is another network at the party",
             "The LAN and the player's own network use the same IPv4 addresses.", (str, device), (str, other), (str, advice))
LP_EVENT_ROW(broadcast_arrives, DEBUG, "broadcasts of this computer reach {device}",
             "The self-test after the start received its broadcast on the TAP.", (str, device))

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
             "frame[ room {room}][ peer {peer}][ '{name}'] {direction} {source} > {destination} {type}[ vlan {vlan}] {length} bytes: "
             "{action}[: {reason}][ to {targets}]",
             "One Ethernet frame, where --frame-log asks for it. The sender's name is logged with --log-level debug.",
             (str, room), (u64, peer), (str, name), (str, direction), (mac, source), (mac, destination), (str, type), (u64, vlan),
             (u64, length), (str, action), (str, reason), (u64, targets))

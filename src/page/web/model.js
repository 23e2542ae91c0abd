// What the page shows of a status, without a browser: texts, series, and who may do what. Tested by tests/page.

export const HISTORY_S = 600;

/** Which view a status document belongs to: "player", "host" or "operator". */
export function viewOf(status) {
  if (status.role === "client") return "player";
  return status.role === "gateway" ? "host" : "operator";
}

/** Microseconds as "12.3 ms"; "" if unknown. */
export function formatMs(us) {
  if (!us) return "";
  return us < 100000 ? `${(us / 1000).toFixed(1)} ms` : `${Math.round(us / 1000)} ms`;
}

/** Parts per million as "0.25 %". */
export function formatLoss(ppm) {
  return `${((ppm || 0) / 10000).toFixed(2)} %`;
}

/** Bits per second with a unit and at most three digits. */
export function formatBps(bps) {
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"];
  let value = bps || 0, unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds as "3 d 4 h", "2 h 5 min", "40 s". */
export function formatAge(s) {
  if (s < 60) return `${Math.floor(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** Named series of the same length over time; the oldest values go when there are |limit|. */
export class Series {
  constructor(names, limit = HISTORY_S) {
    this.names = names;
    this.limit = limit;
    this.times = [];
    this.values = names.map(() => []);
  }
  push(time, values) {
    if (this.times.length && time <= this.times[this.times.length - 1]) return;
    this.times.push(time);
    this.values.forEach((list, i) => list.push(values[i] ?? null));
    if (this.times.length > this.limit) {
      this.times.shift();
      this.values.forEach((list) => list.shift());
    }
  }
  /** The form that uPlot takes. */
  data(...names) {
    return [this.times, ...names.map((name) => this.values[this.names.indexOf(name)])];
  }
  /** The last value of a series, or null. */
  last(name) {
    const list = this.values[this.names.indexOf(name)];
    return list.length ? list[list.length - 1] : null;
  }
}

/** The headline and the line below it. */
export function headlineOf(status) {
  if (viewOf(status) !== "operator")
    return [status.text || status.summary, `room ${status.room} at ${status.relay}`];
  const n = status.peers.length;
  return [`Relay: ${n} member${n === 1 ? "" : "s"} in ${status.rooms} room${status.rooms === 1 ? "" : "s"}`,
    `version ${status.version}, up for ${formatAge(status.uptime_s)}`];
}

/** The figures as [name, value], without empty ones; |previous| has the document of |seconds| ago, for rates. */
export function figuresOf(status, now_s, previous = null, seconds = 0) {
  const rows = viewOf(status) === "operator" ? operatorFigures(status, now_s, previous, seconds) : memberFigures(status);
  return rows.filter(([, value]) => value !== "");
}

function memberFigures(status) {
  const joined = status.state === "joined";
  return [
    ["Ping to the LAN", status.role === "client" ? formatMs(status.lan_rtt_us) : ""],
    ["Ping to the relay", formatMs(status.rtt_us)],
    ["Jitter", joined ? formatMs(status.jitter_us) : ""],
    ["Lost up, down", joined ? `${formatLoss(status.loss_up_ppm)}, ${formatLoss(status.loss_down_ppm)}` : ""],
    ["Sending", joined ? formatBps(status.up_bps) : ""],
    ["Receiving", joined ? formatBps(status.down_bps) : ""],
    ["Gateway", status.role === "client" && joined
      ? (status.gateway_present ? status.gateway_name || "present" : "not in the room") : ""],
    ["Computers on the LAN", status.role === "gateway" && status.lan_stations
      ? `${status.lan_stations}${status.lan_stations_max ? ` of at most ${status.lan_stations_max}` : ""}` : ""],
    ["DHCP server", status.role === "gateway" && joined ? status.dhcp_server || "none seen yet" : ""],
    ["Transport", status.transport === "tcp" ? "TCP, because UDP is blocked" : ""],
    ["Adapter", `${status.device}${status.device_trouble ? ` ${status.device_trouble}` : ""}`],
    ["Address", status.device_address || (status.role === "client" ? "none yet" : "")],
    ["MAC", status.mac],
  ];
}

/** The processor time between two documents, as "12 % of one core"; "" if unknown. */
function cpuOf(status, previous, seconds) {
  if (!previous || !previous.cpu_us || !(seconds > 0) || status.cpu_us < previous.cpu_us) return "";
  return `${Math.round((status.cpu_us - previous.cpu_us) / seconds / 10000)} % of one core`;
}

function operatorFigures(status, now_s, previous, seconds) {
  const left = status.certificate_expires ? status.certificate_expires - now_s : 0;
  return [
    ["Connections", String(status.connections)],
    ["Processor", cpuOf(status, previous, seconds)],
    ["Handshakes that failed", String(status.handshakes_failed || 0)],
    ["Members admitted", String(status.joins)],
    ["Members refused", String(status.rejects)],
    ["Connections refused", String(status.connections_refused)],
    ["Retries sent", String(status.retries_sent)],
    ["Dropped by the system", String(status.udp_overflows || 0)],
    ["Certificate", !status.certificate_expires ? "" : left > 0 ? `valid for ${formatAge(left)}` : "expired"],
  ];
}

/** Members as {id, room, cells}; |previous| has the bytes of the last document, for rates. */
export function membersOf(status, previous, seconds) {
  if (viewOf(status) !== "operator")
    return (status.members || []).map((member) => ({
      id: member.mac, room: status.room, name: member.name, role: member.role, key: member.mac,
      cells: [member.name || "(no name)", member.role, member.route || "relay", formatMs(member.rtt_us), member.mac],
    }));
  const before = new Map(((previous && previous.peers) || []).map((peer) => [`${peer.room}/${peer.peer_id}`, peer]));
  return status.peers.map((peer) => {
    const old = before.get(`${peer.room}/${peer.peer_id}`);
    const rate = (field) => (old && seconds > 0 ? Math.max(0, (peer[field] - old[field]) * 8 / seconds) : 0);
    return {
      id: `${peer.room}/${peer.peer_id}`, room: peer.room, name: peer.name, role: peer.role, key: String(peer.peer_id),
      cells: [peer.room, peer.name || "(no name)", peer.role, formatMs(peer.rtt_us), formatBps(rate("bytes_in")),
        formatBps(rate("bytes_out")), peer.address],
    };
  });
}

/** Rooms of a relay as {id, cells}: members and bandwidth, the busiest first. */
export function roomsOf(status, previous, seconds) {
  const rooms = new Map();
  const before = new Map(((previous && previous.peers) || []).map((peer) => [`${peer.room}/${peer.peer_id}`, peer]));
  for (const peer of status.peers) {
    const room = rooms.get(peer.room) || {members: 0, rate: 0, drops: 0};
    const old = before.get(`${peer.room}/${peer.peer_id}`);
    room.members++;
    if (old && seconds > 0) room.rate += Math.max(0, (peer.bytes_out - old.bytes_out) * 8 / seconds);
    room.drops += Object.values(peer.drops || {}).reduce((sum, count) => sum + count, 0);
    rooms.set(peer.room, room);
  }
  return [...rooms].sort((a, b) => b[1].rate - a[1].rate || (a[0] < b[0] ? -1 : 1))
    .map(([id, room]) => ({id, cells: [id, String(room.members), formatBps(room.rate), String(room.drops)]}));
}

/** The headings for the cells of membersOf(). */
export function memberHeads(view) {
  return view === "operator" ? ["Room", "Name", "Role", "Ping", "Sends", "Receives", "Address"]
    : ["Name", "Role", "Route", "Ping", "MAC"];
}

/** Drops as [count, words], the largest first. |words| maps reasons to texts. */
export function dropsOf(status, words) {
  const sums = new Map();
  for (const drops of [status.drops, status.relay_drops])
    for (const [reason, count] of Object.entries(drops || {})) sums.set(reason, (sums.get(reason) || 0) + count);
  return [...sums].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => [count, words[reason] || reason]);
}

/** The token in the fragment of the page's address, "#token=…". */
export function tokenOf(hash) {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") || "";
}

/** The messages of a stream of server-sent events, out of |text|; what is left is the start of the next one. */
export function splitEvents(text) {
  const parts = text.split("\n\n");
  return [parts.slice(0, -1).map((part) => part.split("\n").filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart()).join("\n")).filter(Boolean), parts[parts.length - 1]];
}

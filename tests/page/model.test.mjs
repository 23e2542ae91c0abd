// The model of the page. Run by meson with node --test.
import assert from "node:assert/strict";
import test from "node:test";
import * as model from "../../src/page/web/model.js";

test("formats", () => {
  assert.equal(model.formatMs(0), "");
  assert.equal(model.formatMs(12345), "12.3 ms");
  assert.equal(model.formatMs(123456), "123 ms");
  assert.equal(model.formatLoss(2500), "0.25 %");
  assert.equal(model.formatBps(0), "0 bit/s");
  assert.equal(model.formatBps(1500), "1.5 kbit/s");
  assert.equal(model.formatBps(123456789), "123 Mbit/s");
  assert.equal(model.formatBps(5e12), "5000 Gbit/s");
  assert.equal(model.formatAge(40), "40 s");
  assert.equal(model.formatAge(7500), "2 h 5 min");
  assert.equal(model.formatAge(90000), "1 d 1 h");
});

test("views", () => {
  assert.equal(model.viewOf({role: "client"}), "player");
  assert.equal(model.viewOf({role: "gateway"}), "host");
  assert.equal(model.viewOf({peers: []}), "operator");
});

test("series keep the newest values", () => {
  const series = new model.Series(["a", "b"], 3);
  for (let i = 1; i <= 5; i++) series.push(i, [i * 10, undefined]);
  series.push(5, [0, 0]); // time does not go back
  assert.deepEqual(series.data("a"), [[3, 4, 5], [30, 40, 50]]);
  assert.deepEqual(series.data("b")[1], [null, null, null]);
  assert.equal(series.last("a"), 50);
  assert.equal(new model.Series(["a"]).last("a"), null);
});

const peer = {room: "R", peer_id: 1, name: "Anna", role: "client", rtt_us: 1000, bytes_in: 0, bytes_out: 0, address: "x"};

test("members of a relay have rates", () => {
  const before = {peers: [peer]}, now = {peers: [{...peer, bytes_in: 125000}]};
  const [member] = model.membersOf(now, before, 1);
  assert.deepEqual(member.cells, ["R", "Anna", "client", "1.0 ms", "1.0 Mbit/s", "0 bit/s", "x"]);
  assert.equal(model.membersOf(now, null, 0)[0].cells[4], "0 bit/s");
  assert.equal(model.memberHeads("operator").length, member.cells.length);
});

test("rooms of a relay are summed", () => {
  const before = {peers: [peer, {...peer, peer_id: 2}]};
  const now = {peers: [{...peer, drops: {a: 1}}, {...peer, peer_id: 2, bytes_out: 125000, drops: {b: 2}},
    {...peer, room: "A"}]};
  assert.deepEqual(model.roomsOf(now, before, 1).map((room) => room.cells),
    [["R", "2", "1.0 Mbit/s", "3"], ["A", "1", "0 bit/s", "0"]]);
  assert.deepEqual(model.roomsOf({peers: []}, null, 0), []);
});

test("members of a room", () => {
  const status = {role: "client", room: "R", members: [{role: "client", name: "", mac: "02:00", route: "direct", rtt_us: 0}]};
  const [member] = model.membersOf(status, null, 0);
  assert.deepEqual(member.cells, ["(no name)", "client", "direct", "", "02:00"]);
  assert.equal(model.memberHeads("player").length, member.cells.length);
});

test("drops are summed, sorted and in words", () => {
  const status = {drops: {a: 1, b: 5}, relay_drops: {a: 7, c: 0}};
  assert.deepEqual(model.dropsOf(status, {a: "in words"}), [[8, "in words"], [5, "b"]]);
  assert.deepEqual(model.dropsOf({}, {}), []);
});

test("headlines and figures", () => {
  const relay = {peers: [peer], rooms: 1, version: "1", uptime_s: 5, connections: 1, joins: 1, rejects: 0,
    connections_refused: 0, retries_sent: 0, certificate_expires: 86500};
  assert.deepEqual(model.headlineOf(relay), ["Relay: 1 member in 1 room", "version 1, up for 5 s"]);
  assert.ok(model.figuresOf(relay, 100).some(([name, value]) => name === "Certificate" && value === "valid for 1 d 0 h"));
  assert.ok(model.figuresOf(relay, 1e9).some(([name, value]) => name === "Certificate" && value === "expired"));
  const client = {role: "client", state: "waiting", text: "waiting", room: "R", relay: "r:1", device: "lan0", mac: "02"};
  assert.deepEqual(model.headlineOf(client), ["waiting", "room R at r:1"]);
  assert.deepEqual(model.figuresOf(client, 0).map(([name]) => name), ["Adapter", "Address", "MAC"]);
});

test("figures of the processor and the LAN", () => {
  const relay = {peers: [], rooms: 0, connections: 0, joins: 0, rejects: 0, connections_refused: 0, retries_sent: 0,
    cpu_us: 3000000, handshakes_failed: 4};
  const of = (...args) => Object.fromEntries(model.figuresOf(...args));
  assert.equal(of(relay, 0, {cpu_us: 2000000}, 2).Processor, "50 % of one core");
  assert.equal(of(relay, 0).Processor, undefined);
  assert.equal(of(relay, 0, {cpu_us: 9000000}, 2).Processor, undefined); // it was restarted
  assert.equal(of(relay, 0)["Handshakes that failed"], "4");
  const gateway = {role: "gateway", state: "joined", device: "lan", mac: "02", lan_stations: 3, lan_stations_max: 4096};
  assert.equal(of(gateway, 0)["Computers on the LAN"], "3 of at most 4096");
  assert.equal(of(gateway, 0)["DHCP server"], "none seen yet");
  assert.equal(of({...gateway, dhcp_server: "10.0.0.1"}, 0)["DHCP server"], "10.0.0.1");
});

test("token and events", () => {
  assert.equal(model.tokenOf("#token=abc"), "abc");
  assert.equal(model.tokenOf(""), "");
  assert.deepEqual(model.splitEvents("data: 1\n\n: note\n\ndata: 2\ndata: 3\n\nda"), [["1", "2\n3"], "da"]);
});

// The page: draws what model.js makes of the program's status, which arrives once per second.
import {HISTORY_S, Series, dropsOf, figuresOf, formatBps, formatMs, headlineOf, memberHeads, membersOf, roomsOf,
  splitEvents, tokenOf, viewOf} from "./model.js";

const byId = (id) => document.getElementById(id);
const token = tokenOf(location.hash) || sessionStorage.getItem("token") || "";
if (token) sessionStorage.setItem("token", token);
if (location.hash) history.replaceState(null, "", location.pathname); // not in the history, not in a screenshot

const series = new Series(["rtt", "jitter", "lossUp", "lossDown", "up", "down"]);
let words = {}, previous = null, previousAt = 0, view = "", plots = [], report = null;

/** Requests JSON or text; the token goes along if there is one. */
async function call(path, options = {}) {
  const headers = {...(token ? {Authorization: `Bearer ${token}`} : {}), ...(options.headers || {})};
  const reply = await fetch(path, {...options, headers, cache: "no-store"});
  if (!reply.ok) throw new Error((await reply.text()).trim() || `HTTP status ${reply.status}`);
  return reply;
}

function element(name, text, ...classes) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  made.classList.add(...classes);
  return made;
}

/** Writes a text only if it differs, so that a screen reader is not disturbed. */
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function makePlot(title, names, format, labels) {
  const figure = element("figure"), caption = element("figcaption", title), box = element("div");
  figure.append(caption, box);
  byId("plots").append(figure);
  const axis = {stroke: color("--quiet"), grid: {stroke: color("--line"), width: 1}};
  const clock = (_, ticks) => ticks.map((s) => new Date(s * 1000).toTimeString().slice(0, 8));
  const strokes = [color("--accent"), color("--warn")];
  const plot = new window.uPlot({
    width: box.clientWidth || 300, height: 170, cursor: {show: false}, legend: {show: names.length > 1, live: false},
    scales: {y: {range: (_, low, high) => [0, Math.max(high * 1.1, 1)]}},
    axes: [{...axis, values: clock, space: 80}, {...axis, size: 84, values: (_, ticks) => ticks.map(format)}],
    series: [{}, ...names.map((name, i) => ({label: labels[i], stroke: strokes[i], width: 1.5, spanGaps: true,
      points: {show: false}}))],
  }, series.data(...names), box);
  box.firstElementChild.setAttribute("role", "img");
  new ResizeObserver(() => plot.setSize({width: box.clientWidth, height: 170})).observe(box);
  return {update() {
    plot.setData(series.data(...names));
    box.firstElementChild.setAttribute("aria-label", `${title}: ${names.map((name, i) =>
      `${labels[i]} ${format(series.last(name) || 0)}`).join(", ")}`);
  }};
}

function makePlots() {
  if (!window.uPlot) {
    byId("plots-missing").hidden = false;
    return;
  }
  if (view !== "operator") {
    plots.push(makePlot("Round trip to the relay", ["rtt", "jitter"], (us) => formatMs(us) || "0 ms",
      ["round trip", "jitter"]));
    plots.push(makePlot("Lost packets", ["lossUp", "lossDown"], (ppm) => `${(ppm / 10000).toFixed(1)} %`, ["up", "down"]));
  }
  plots.push(makePlot("Traffic", ["up", "down"], formatBps,
    view === "operator" ? ["sent", "received"] : ["up", "down"]));
}

/** Replaces the children of a list or table only where they differ. */
function replaceRows(target, rows) {
  const made = rows.map((row) => row.html ?? row);
  if (target.dataset.shown === JSON.stringify(rows.map((row) => row.signature))) return;
  target.dataset.shown = JSON.stringify(rows.map((row) => row.signature));
  const focused = document.activeElement && target.contains(document.activeElement)
    ? document.activeElement.dataset.action : null;
  target.replaceChildren(...made);
  if (focused) target.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.focus();
}

function button(label, action, run, description) {
  const made = element("button", label);
  made.type = "button";
  made.dataset.action = action;
  if (description) made.setAttribute("aria-label", description);
  made.addEventListener("click", run);
  return made;
}

/** Asks before something that other people notice. */
function confirmed(text) {
  const dialog = byId("confirm");
  setText(byId("confirm-text"), text);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"),
    {once: true}));
}

async function act(run) {
  byId("actions").hidden = false;
  try {
    setText(byId("action-result"), await run());
  } catch (error) {
    setText(byId("action-result"), error.message);
  }
}

/** A request of the host, whose reply comes from the relay a moment later; or of the operator. */
async function host(request) {
  const reply = await call("host", {method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify(request)});
  if (view === "operator") return (await reply.text()).trim();
  const {request: number} = await reply.json();
  for (let i = 0; i < 50; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    try {
      return (await (await call(`host/${number}`)).json()).message;
    } catch { /* not yet */ }
  }
  throw new Error("the relay does not reply");
}

function memberActions(member) {
  const cell = element("td");
  for (const action of ["kick", "ban"]) {
    const what = `${action} ${member.name || member.key}`;
    cell.append(button(action === "kick" ? "Kick" : "Ban", `${action}/${member.id}`, async () => {
      if (await confirmed(`Really ${what}?`))
        act(() => host(view === "operator" ? {room: member.room, action, target: member.key}
          : {action, target: member.key}));
    }, what));
  }
  return cell;
}

function drawMembers(status, seconds) {
  const members = membersOf(status, previous, seconds);
  const may = token && view !== "player";
  byId("members-section").hidden = members.length === 0;
  setText(byId("members-title"), view === "operator" ? "Members" : "In the room");
  const heads = memberHeads(view).concat(may ? ["Actions"] : []);
  replaceRows(byId("members-head"), heads.map((head) => {
    const th = element("th", head);
    th.scope = "col";
    return {html: th, signature: head};
  }));
  replaceRows(byId("members"), members.map((member) => {
    const row = element("tr");
    member.cells.forEach((text) => row.append(element("td", text)));
    if (may) row.append(member.role === "gateway" && view === "host" ? element("td") : memberActions(member));
    return {html: row, signature: [member.id, ...member.cells]};
  }));
}

function draw(status) {
  const now = Date.now() / 1000, seconds = now - previousAt;
  if (!view) {
    view = viewOf(status);
    begin();
  }
  const [headline, line] = headlineOf(status);
  setText(byId("headline"), headline);
  setText(byId("state"), line);
  document.title = headline;
  replaceRows(byId("figures"), figuresOf(status, now, previous, seconds).flatMap(([name, value]) => [
    {html: element("dt", name), signature: name}, {html: element("dd", value), signature: value}]));
  drawMembers(status, seconds);
  const rooms = view === "operator" ? roomsOf(status, previous, seconds) : [];
  byId("rooms-section").hidden = rooms.length === 0;
  replaceRows(byId("rooms"), rooms.map((room) => {
    const row = element("tr");
    room.cells.forEach((text) => row.append(element("td", text)));
    return {html: row, signature: room.cells};
  }));
  const drops = dropsOf(status, words);
  byId("drops-section").hidden = drops.length === 0;
  replaceRows(byId("drops"), drops.map(([count, text]) => ({html: element("li", `${count}: ${text}`),
    signature: [count, text]})));
  series.push(now, samplesOf(status, seconds));
  plots.forEach((plot) => plot.update());
  previous = status;
  previousAt = now;
}

function samplesOf(status, seconds) {
  if (view !== "operator")
    return [status.rtt_us || null, status.jitter_us, status.loss_up_ppm, status.loss_down_ppm, status.up_bps,
      status.down_bps];
  const sum = (document_, field) => document_.peers.reduce((total, peer) => total + peer[field], 0);
  const rate = (field) => (previous && seconds > 0
    ? Math.max(0, (sum(status, field) - sum(previous, field)) * 8 / seconds) : null);
  return [null, null, null, null, rate("bytes_out"), rate("bytes_in")];
}

async function runDoctor() {
  const list = byId("doctor");
  list.replaceChildren(element("li", "Checking…"));
  try {
    report = await (await call("doctor")).json();
  } catch (error) {
    list.replaceChildren(element("li", error.message));
    return;
  }
  list.replaceChildren(...report.checks.filter((check) => check.verdict !== "skipped").map((check) => {
    const item = element("li"), head = element("span", `${check.verdict} `, check.verdict);
    item.append(head, `${check.title}. ${check.cause}`);
    if (check.cure) item.append(element("p", check.cure));
    return item;
  }));
  byId("doctor-save").hidden = false;
}

function saveReport() {
  const lines = report.checks.map((check) => `${check.verdict}\t${check.check}`);
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], {type: "text/plain"}));
  link.download = "lanparty-report.txt";
  link.click();
  URL.revokeObjectURL(link.href);
}

async function drawInvites() {
  const invites = await (await call("invites")).json();
  byId("invites-section").hidden = !invites; // a room without keys
  if (!invites) return;
  byId("invites").replaceChildren(...invites.map((invite) => {
    const item = element("li", `${invite.id} ${invite.name || "(no name)"} `);
    item.append(button("Show", `show/${invite.id}`, () => showInvite(invite), `show invite ${invite.id}`),
      button("Revoke", `revoke/${invite.id}`, async () => {
        if (await confirmed(`Refuse invite ${invite.id} from now on?`))
          act(() => host({action: "revoke", target: invite.id}));
      }, `revoke invite ${invite.id}`));
    return item;
  }));
}

function showInvite(invite) {
  byId("invite-new").hidden = false;
  byId("invite-text").value = invite.text;
  byId("invite-qr").src = `data:image/svg+xml;base64,${btoa(invite.qr)}`;
}

function beginHost() {
  drawInvites().catch((error) => setText(byId("action-result"), error.message));
  byId("invite-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    act(async () => {
      const reply = await call("invites", {method: "POST", headers: {"Content-Type": "application/json"},
        body: JSON.stringify({name: form.get("name"), expires_s: Number(form.get("expires_s")),
          uses: Number(form.get("uses"))})});
      showInvite(await reply.json());
      await drawInvites();
      return "The invite is ready.";
    });
  });
  byId("action-buttons").append(
    button("Lock the room", "lock", () => act(() => host({action: "lock"}))),
    button("Unlock the room", "unlock", () => act(() => host({action: "unlock"}))));
}

/** Runs a form's request with its fields, and empties it when that is done. */
function onSubmit(id, send) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    act(async () => {
      const text = await send(Object.fromEntries(new FormData(event.target)));
      event.target.reset();
      return text;
    });
  });
}

/** Rooms of the operator, and bans of the operator and the host. */
function beginManage() {
  const operator = view === "operator";
  byId("manage-section").hidden = false;
  setText(byId("manage-title"), operator ? "Rooms and bans" : "Bans");
  byId("room-form").hidden = byId("unban-room").hidden = byId("unban-room-input").disabled = true;
  if (operator) {
    byId("room-form").hidden = byId("unban-room").hidden = byId("unban-room-input").disabled = false;
    onSubmit("room-form", async ({room, plain}) => (await call("rooms", {method: "POST",
      headers: {"Content-Type": "application/json"}, body: JSON.stringify({room, plain: plain === "1"})})).text());
  }
  onSubmit("unban-form", (fields) => host({...fields, action: "unban"}));
}

/** The view is known: makes what depends on it. */
function begin() {
  makePlots();
  setText(byId("doctor-more"), view === "operator" ? "the relay's name and the firewall" : "the LAN itself and the firewall");
  setText(byId("doctor-command"), `sudo lanparty-${{player: "client", host: "gateway", operator: "relay"}[view]} doctor`);
  if (!token) return;
  if (view !== "player") beginManage();
  if (view === "host") beginHost();
  if (view === "operator") return;
  byId("actions").hidden = false;
  byId("action-buttons").append(button("Leave the party", "leave", async () => {
    if (await confirmed("Leave the party? The program ends."))
      act(async () => (await call("leave", {method: "POST"})).text());
  }));
}

async function loadHistory() {
  const past = await (await call("history")).json();
  const now = Date.now() / 1000, n = past.length ? past[0].length : 0;
  for (let i = Math.max(0, n - HISTORY_S); i < n; i++)
    series.push(now - n + i, past.map((list, row) => (row === 0 && list[i] === 0 ? null : list[i])));
}

/** Reads events until the stream ends. EventSource cannot send a header. */
async function follow() {
  const reply = await call("events");
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const [events, rest] = splitEvents(text + value);
    text = rest;
    if (events.length) draw(JSON.parse(events[events.length - 1]));
  }
}

byId("doctor-run").addEventListener("click", runDoctor);
byId("doctor-save").addEventListener("click", saveReport);
try {
  words = await (await call("words")).json();
  await loadHistory();
} catch { /* the next line says so */ }
for (;;) {
  try {
    await follow();
  } catch { /* below */ }
  setText(byId("headline"), "The program has ended");
  setText(byId("state"), "This page continues when it runs again.");
  await new Promise((resolve) => setTimeout(resolve, 2000));
}

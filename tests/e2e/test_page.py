"""The page in a real browser: what it shows of each program, what its buttons do, and what it refuses to do."""

import json
import os
import pathlib
import shutil

import pytest
from netlab import party, programs
from netlab.daemon import Daemon, wait_for

from probes import PATIENCE_S, ping

browser = pytest.importorskip("netlab.browser")
pytestmark = [pytest.mark.usefixtures("tidy"),
              pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")]

ROOT = pathlib.Path(programs.ROOT)
AXE = ROOT / "build/page/node_modules/axe-core/axe.min.js"
# A build without a network has no plots.
HAS_PLOTS = (ROOT / "build/page/node_modules/uplot/dist/uPlot.iife.min.js").exists()
PAGE_MAX_BYTES = 150000
# LP_PICTURES=docs/pictures makes the pictures of the documentation.
PICTURES = ("page-client-light", "page-relay-dark", "page-invites")


@pytest.fixture(scope="module")
def lab(new_party):
    """A party whose programs serve pages, and a browser on each of their hosts."""
    made = new_party()
    made.start_servers()
    made.start_relay("--page", "on", "--status-socket", made.path("relay.sock"))
    made.start_gateway("--name", "basement", "--page", "on", "--status-socket", made.path("gateway.sock"))
    made.start_client(made.alice_host, "--name", "Alice", "--page", "on", "--status-socket", made.path("client.sock"))
    made.start_client(made.bob_host, "--name", "Bob")
    assert ping(made.alice_host, party.LAN_HOST, PATIENCE_S)
    Daemon(made, made.alice_host, "traffic", "ping", "-q", "-i", "0.02", "-s", "900", party.LAN_HOST)
    made.page_hosts = {"client": made.alice_host, "gateway": made.gateway_host, "relay": made.relay_host}
    made.browsers = {program: browser.Browser(made, host, f"browser-{program}")
                     for program, host in made.page_hosts.items()}
    return made


def url(lab, program):
    """The address of a page with its token, as `page` prints it."""
    return lab.page_hosts[program].run(programs.binary(f"lanparty-{program}"), "page", "--status-socket",
                                  lab.path(f"{program}.sock")).stdout.strip()


def open_page(lab, program, token=True, **options):
    """The browser of a program's host, with the page open."""
    tab = lab.browsers[program]
    tab.errors.clear()
    address = url(lab, program)
    tab.open("about:blank")
    if not token:
        tab.open(address.split("#")[0] + "web/page.css")  # same origin, to forget an earlier token
        tab.run("sessionStorage.clear()")
    tab.open(address if token else address.split("#")[0], **options)
    tab.wait("document.querySelectorAll('#figures dd').length > 3", f"the figures of {program}")
    return tab


def picture(tab, name):
    """Writes a picture of the documentation."""
    if os.environ.get("LP_PICTURES") and name in PICTURES:
        tab.wait("document.querySelector('#plots [role=img]').getAttribute('aria-label')", "plots")
        tab.picture(os.path.join(os.environ["LP_PICTURES"], f"{name}.png"))


def get(lab, program, path, *options):
    """A request by curl: the status and the header."""
    base = url(lab, program).split("#")[0]
    return lab.page_hosts[program].run("curl", "-sS", "-i", "--max-time", PATIENCE_S, *options, base + path).stdout


HEADLINES = {"client": "on the LAN", "gateway": "PARTY-1", "relay": "3 members in 1 room"}


@pytest.mark.parametrize("program", ["client", "gateway", "relay"])
def test_view(lab, program):
    """Headline, figures, members and plots; axe-core finds nothing, in light and dark, wide and at 360 pixels."""
    tab = open_page(lab, program)
    tab.wait(f"document.getElementById('headline').textContent.includes({json.dumps(HEADLINES[program])})",
             "the headline")
    tab.wait("document.getElementById('members').textContent.includes('Bob')", "the members")
    if HAS_PLOTS:
        assert tab.run("document.querySelectorAll('#plots canvas').length") == (1 if program == "relay" else 3)
        tab.wait("document.querySelector('#plots [role=img]').getAttribute('aria-label')", "the text of a plot")
    if program == "gateway":
        tab.wait("/Computers on the LAN[1-9]/.test(document.getElementById('figures').textContent)", "the LAN")
        assert "DHCP server" in tab.run("document.getElementById('figures').textContent")
        assert not tab.run("document.getElementById('manage-section').hidden")
    if program == "relay":
        tab.wait("document.getElementById('figures').textContent.includes('of one core')", "the processor's load")
        assert not tab.run("document.getElementById('room-form').hidden")
        tab.wait("/PARTY-13[1-9].*kbit/.test(document.getElementById('rooms').textContent)", "the traffic of the room")
    for name, options in (("light", {}), ("dark", {"dark": True}), ("narrow", {"width": 360, "height": 740})):
        tab = open_page(lab, program, **options)
        tab.wait("document.getElementById('members').textContent.includes('Bob')", "the members")
        assert tab.run("document.documentElement.scrollWidth <= innerWidth"), f"{name}: wider than the window"
        if AXE.exists():
            tab.run(AXE.read_text(encoding="utf-8") + ";0")
            found = tab.run("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join()))")
            assert found == [], name
        if program == "relay":
            tab.wait("document.getElementById('members').textContent.includes('kbit')", "rates")
        picture(tab, f"page-{program}-{name}")
    assert tab.errors == []


def test_live(lab):
    """The figures follow the program, and the page notices its end and its return."""
    tab = open_page(lab, "client")
    first = tab.run("document.getElementById('figures').textContent")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    lab.alice_host.run("ping", "-q", "-f", "-c", "200", "-s", "1000", party.LAN_HOST, check=False)
    tab.wait(f"document.getElementById('figures').textContent !== {json.dumps(first)}", "other figures")


def test_doctor(lab):
    """The doctor's button, by the keyboard."""
    tab = open_page(lab, "client")
    for _ in range(30):
        if tab.run("document.activeElement.id") == "doctor-run":
            break
        tab.key("Tab", 9)
    assert tab.run("document.activeElement.id") == "doctor-run"
    tab.key("Enter", 13)
    tab.wait("document.querySelector('#doctor .ok')", "the doctor's checks")
    assert "adapter of this computer" in tab.run("document.getElementById('doctor').textContent")


def test_read_only_without_token(lab):
    """Without the token there are no buttons that change something, and requests that do are refused."""
    tab = open_page(lab, "gateway", token=False)
    assert tab.run("document.getElementById('action-buttons').children.length") == 0
    for program, path in (("gateway", "host"), ("client", "leave"), ("relay", "host")):
        assert " 401 " in get(lab, program, path, "-X", "POST", "-d", "{}").splitlines()[0]
        assert " 401 " in get(lab, program, path, "-X", "POST", "-d", "{}", "-H",
                              "Authorization: Bearer 00000000000000000000000000000000").splitlines()[0]
        assert " 404 " in get(lab, program, "capture", "-X", "POST", "-d", "{}", "-H", "Authorization: Bearer " +
                              url(lab, program).split("=")[1]).splitlines()[0]


def test_headers(lab):
    """Foreign names are refused, no origin is permitted, scripts come from the page alone."""
    reply = get(lab, "client", "")
    assert " 200 " in reply.splitlines()[0]
    policy = next(line for line in reply.splitlines() if line.lower().startswith("content-security-policy"))
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "access-control" not in reply.lower()
    for name in ("party.example.org", "party.example.org:80", "127.0.0.1.example.org"):
        assert " 421 " in get(lab, "client", "status", "-H", f"Host: {name}").splitlines()[0]
    for name in ("localhost", "localhost:1", "127.0.0.1:5", "[::1]:5"):
        assert " 200 " in get(lab, "client", "status", "-H", f"Host: {name}").splitlines()[0]
    size = sum(len(get(lab, "client", path).split("\n\n", 1)[1]) for path in
               ("", "web/page.css", "web/page.js", "web/model.js", "web/uplot.js", "web/uplot.css"))
    assert size < PAGE_MAX_BYTES


def test_kick(lab):
    """The operator removes a member, after a question."""
    mark = lab.relay.mark()
    tab = open_page(lab, "relay")
    tab.wait("document.querySelector('[aria-label=\"kick Bob\"]')", "the button")
    tab.run("document.querySelector('[aria-label=\"kick Bob\"]').click()")
    assert "kick Bob" in tab.run("document.getElementById('confirm').textContent")
    tab.run("document.querySelector('#confirm button[value=yes]').click()")
    lab.relay.wait_event("peer_left", after=mark, name="Bob")
    tab.wait("document.getElementById('action-result').textContent", "the result")


def test_leave(lab):
    """The last test of this party: the player leaves by the page."""
    tab = open_page(lab, "client")
    tab.run("document.querySelector('[data-action=leave]').click()")
    tab.run("document.querySelector('#confirm button[value=yes]').click()")
    wait_for(lambda: not next(d for d in lab.daemons if d.name == "client-alice").running(), "the client to end")
    tab.wait("document.getElementById('headline').textContent === 'The program has ended'", "the page to notice")


def test_invites(new_party):
    """The host makes an invite by the page, shows its QR code, and revokes it."""
    lab = new_party()
    lab.start_relay("--rooms", "keyed", "--page", "on", "--status-socket", lab.path("relay.sock"))
    added = lab.relay_host.run(programs.binary("lanparty-relay"), "room", "add", "FRIDAY", "--public", party.RELAY,
                               "--state-dir", lab.path("relay-state")).stdout
    invite = next(word for word in added.split() if word.startswith("lanparty://"))
    gateway = programs.Program(lab, lab.gateway_host, "gateway", "lanparty-gateway", invite, "--interface", "lan",
                               "--state", lab.path("gateway.state/gateway.json"), "--page", "on", "--status-socket",
                               lab.path("gateway.sock"))
    gateway.wait_event("joined")
    lab.page_hosts = {"gateway": lab.gateway_host, "relay": lab.relay_host}
    lab.browsers = {"gateway": browser.Browser(lab, lab.gateway_host)}
    assert " 401 " in get(lab, "gateway", "invites").splitlines()[0]
    tab = open_page(lab, "gateway")
    tab.wait("!document.getElementById('invites-section').hidden", "the invites")
    tab.run("document.querySelector('[name=name]').value = 'Anna'")
    tab.run("document.querySelector('#invite-form button').click()")
    tab.wait("document.getElementById('invites').textContent.includes('Anna')", "the new invite")
    assert tab.run("document.getElementById('invite-text').value").startswith(f"lanparty://{party.RELAY}/FRIDAY#")
    tab.wait("document.getElementById('invite-qr').naturalWidth > 0", "the QR code")
    listed = lab.gateway_host.run(programs.binary("lanparty-gateway"), "invites", "--state",
                                  lab.path("gateway.state/gateway.json")).stdout
    assert "Anna" in listed and tab.run("document.getElementById('invite-text').value") in listed
    if AXE.exists():
        tab.run(AXE.read_text(encoding="utf-8") + ";0")
        assert tab.run("axe.run().then(r => r.violations.map(v => v.id))") == []
    picture(tab, "page-invites")
    tab.run("document.querySelector('#invites [aria-label^=revoke]').click()")
    tab.run("document.querySelector('#confirm button[value=yes]').click()")
    tab.wait("document.getElementById('action-result').textContent.includes('admits')", "the relay's reply")
    assert tab.errors == []


    make_room(lab)


def make_room(lab):
    """The operator makes a room and unbans; what is wrong has a reason."""
    def post(path, body):
        return get(lab, "relay", path, "-d", json.dumps(body), "-H", "Content-Type: application/json", "-H",
                   "Authorization: Bearer " + url(lab, "relay").split("=")[1])
    assert " 401 " in get(lab, "relay", "rooms", "-d", "{}").splitlines()[0]
    made = post("rooms", {"room": "saturday"})
    assert " 200 " in made.splitlines()[0] and "Room SATURDAY was made. 'lanparty-relay room show SATURDAY'" in made
    assert "SATURDAY" in lab.relay_host.run(programs.binary("lanparty-relay"), "room", "list", "--state-dir",
                                            lab.path("relay-state")).stdout
    assert " 409 " in post("rooms", {"room": "saturday"}).splitlines()[0]
    assert "not a room code" in post("rooms", {"room": "a room"})
    assert "nobody called 'Bob' is banned" in post("host", {"room": "FRIDAY", "action": "unban", "target": "Bob"})


def test_off():
    """Nothing is served unless it is asked for or in a terminal."""
    assert "--page" in os.popen(f"{programs.binary('lanparty-client')} --help").read()

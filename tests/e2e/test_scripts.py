"""Messages of the scripts and of make on a machine that lacks something."""

import json
import os
import shutil
import signal
import subprocess

import pytest
from netlab.daemon import PATIENCE_S, wait_for
from netlab.lab import netns_names
from netlab.programs import ROOT


@pytest.fixture
def bare_machine(tmp_path):
    """The environment of a Debian machine without any package, whose apt-get only records its arguments."""
    tools = {"dpkg-query": "exit 1", "apt-get": f"echo \"$@\" >>{tmp_path}/asked; exit 1"}
    for name, text in tools.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def run(*argv, **options):
    """Runs argv in the tree until it ends; returns its exit code and its output."""
    done = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, timeout=60, **options)
    return done.returncode, done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs")
def test_check_without_python(bare_machine, tmp_path):
    """make check, which is written in Python, installs it with the other packages."""
    hidden = tmp_path / "hidden"
    hidden.touch()
    script = f"mount --bind {hidden} \"$(realpath /usr/bin/python3)\" && exec make check"
    code, _ = run("unshare", "--mount", "sh", "-c", script, env=bare_machine)
    assert code != 0 and "python3-pytest" in (tmp_path / "asked").read_text()


def test_install_refuses(tmp_path):
    """make install without write permission: it fails before it builds or installs anything."""
    tmp_path.chmod(0o555)
    no_rights = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    code, said = run(*no_rights, "make", "install", f"PREFIX={tmp_path}/usr")
    assert code != 0 and f"{tmp_path} cannot be written to" in said and "sudo make install" in said
    code, said = run("make", "install", "PREFIX=usr")
    assert code != 0 and "PREFIX=usr is not an absolute path" in said


def test_release_refuses():
    """A release without a version, or of another one than the tree's."""
    code, said = run("scripts/release")
    assert code != 0 and "which version?" in said
    code, said = run("scripts/release", "9.9.9")
    assert code != 0 and "Set it to 9.9.9" in said


def test_bill_of_materials(tmp_path):
    """It names what a package contains, needs and was built with, and is the same each time."""
    control = tmp_path / "tree" / "DEBIAN" / "control"
    control.parent.mkdir(parents=True)
    control.write_text("Package: lanparty-relay\nVersion: 1.2\nArchitecture: all\nMaintainer: nobody\nDescription: none\n"
                       "Depends: libc6 (>= 2.36), libuv1\nBuilt-Using: ngtcp2 (= 1.12.0-1), intel-ipsec-mb (= 1.3-1)\n")
    subprocess.run(["dpkg-deb", "-b", tmp_path / "tree", tmp_path / "relay.deb"], check=True, capture_output=True)
    (tmp_path / "a.buildinfo").write_text("Format: 1.0\nInstalled-Build-Depends:\n gcc-12 (= 12.2.0-14),\n meson (= 1.0)\n")
    code, said = run("scripts/sbom", tmp_path, "1.2", "86400")
    document = json.loads(said)
    versions = {part["name"]: part.get("version") for part in document["components"]}
    assert code == 0 and document["metadata"]["timestamp"] == "1970-01-02T00:00:00Z"
    assert versions["ngtcp2"] == "1.12.0-1" and versions["lanparty-relay"] == "1.2" and versions["libuv1"] is None
    assert {part["name"] for part in document["components"] if part.get("scope") == "excluded"} == {"gcc-12", "meson"}
    needs, = document["dependencies"]
    assert len(needs["dependsOn"]) == 5 and set(needs["dependsOn"]) <= {part["bom-ref"] for part in document["components"]}
    assert run("scripts/sbom", tmp_path, "1.2", "86400") == (0, said)


def test_check_names_unknown_steps():
    """An unknown step is an error even if another one succeeds."""
    code, said = run("scripts/check", "arrows", "arows")
    assert code == 2 and "'arows'" in said and "passed" not in said


def test_stopped_check_gives_back(tmp_path):
    """make check by root in another user's tree, interrupted: its files belong to the owner of the tree."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    shutil.copy(ROOT / "scripts" / "check", scripts)
    step = scripts / "format"
    step.write_text("#!/bin/sh\necho begun\nexec sleep 60\n")
    step.chmod(0o755)
    try:
        os.chown(tmp_path, 65534, 65534)
    except OSError:
        pytest.skip("a user namespace knows nobody else")
    log = tmp_path / "build" / "check" / "format.log"
    with subprocess.Popen([scripts / "check", "format"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as process:
        wait_for(lambda: log.exists() and "begun" in log.read_text(), "the step to begin")
        process.send_signal(signal.SIGINT)
        assert "stopped" in process.communicate(timeout=PATIENCE_S)[0] and process.returncode == 130
    assert {path.stat().st_uid for path in (log, *log.parents[:2])} == {65534}


@pytest.mark.parametrize("words, complaint", [
    ("setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin scripts/demo", "demo: the hosts cannot be created: "),
    ("scripts/demo >/dev/full", "demo: standard output cannot be written to: "),
], ids=["no rights", "no output"])
def test_demo_complains(words, complaint):
    """An error of the demo is one line, and none of its hosts is left."""
    code, said = run("sh", "-c", words)
    assert code == 1 and said.splitlines()[-1].startswith(complaint) and "Traceback" not in said
    assert not [name for name in netns_names() if name.startswith("lpdemo")]


def test_library_stays_in_the_tree(tmp_path):
    """make install DESTDIR=… in a fresh tree: ngtcp2, which is built first, is not installed there."""
    stubs = {"scripts/debian-source": '[ "$2" != unpack ] || mkdir -p "$4/tree"', "bin/cmake": f"echo \"to '${{DESTDIR:-}}'\" >{tmp_path}/seen; exit 1"}
    for name, text in stubs.items():
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    shutil.copy(ROOT / "scripts" / "ngtcp2", tmp_path / "scripts")
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    changes = {"PATH": path, "DESTDIR": "/elsewhere", "CC": "gcc", "LP_NGTCP2": ""}
    code, said = run(tmp_path / "scripts" / "ngtcp2", env={**os.environ, **changes})
    assert code == 0 and "it cannot be built" in said
    assert (tmp_path / "seen").read_text() == "to ''\n"


def test_missing_packages(bare_machine):
    """Missing packages of the release build are listed, with the command that installs them."""
    code, said = run("scripts/deps", "--check", "build", env=bare_machine)
    assert code == 1 and said.endswith(". Run 'sudo make deps'\n")
    assert {"gcc", "g++", "cmake", "meson", "libngtcp2-dev"} <= set(said.replace(":", " ").replace(". ", " ").split())
    code, said = run("scripts/deps", "--check", "windows", env=bare_machine)
    assert code == 1 and said.endswith(". Run 'sudo scripts/deps windows'\n")


@pytest.fixture
def noble(tmp_path):
    """Runs scripts/deps as on Ubuntu 24.04 with the versions of a table, in which a package may also be installed."""
    (tmp_path / "os-release").write_text('ID=ubuntu\nPRETTY_NAME="Ubuntu 24.04 LTS"\nVERSION_CODENAME=noble\n')

    def deps(versions, installed, *words):
        tools = {
            "apt-cache": "case $2 in\n" + "".join(
                f"{name}) echo \"$2 | {version} | noble\" ;;\n" for name, version in versions.items()) + "esac",
            "dpkg-query": "for name; do :; done; case $name in\n" + "".join(
                f"{name}) case $2 in *Status*) echo installed ;; *) echo {versions.get(name, 99)} ;; esac ;;\n"
                for name in installed) + "*) exit 1 ;;\nesac",
            "apt-get": f"echo \"$@\" >>{tmp_path}/asked",
        }
        for name, text in tools.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / name).chmod(0o755)
        return run("unshare", "--mount", "sh", "-c",
                   f"mount --bind {tmp_path}/os-release /etc/os-release && exec scripts/deps {' '.join(words)}",
                   env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    return deps


OLD_NGTCP2 = {"libngtcp2-dev": "0.12.1-1", "libngtcp2-crypto-gnutls-dev": "0.12.1-1", "meson": "1.3.2-1"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs")
@pytest.mark.parametrize("installed", [[], ["libngtcp2-dev", "libngtcp2-crypto-gnutls-dev"]], ids=["absent", "installed"])
def test_old_ngtcp2(noble, tmp_path, installed):
    """A system whose ngtcp2 is too old gets everything else: the release build compiles ngtcp2."""
    code, said = noble(OLD_NGTCP2, installed, "build", "test")
    asked = (tmp_path / "asked").read_text()
    assert code == 0 and "libngtcp2-dev is 0.12.1-1 here, 1.11 or later is needed" in said
    assert "Ubuntu 24.04 LTS cannot run 'make check'" in said
    assert " meson" in asked and "debian-archive-keyring" in asked and "ngtcp2" not in asked
    # After that, make continues, and make check does not.
    wanted = set(asked.split()) - {"update"} | set(installed)
    assert noble(OLD_NGTCP2, wanted, "--check", "build")[0] == 0
    assert noble(OLD_NGTCP2, wanted, "--check", "build", "test")[0] == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs")
def test_old_system(noble, tmp_path):
    """A system with an older tool: the version that is here, the version that is needed, what to do; no installation."""
    code, said = noble({**OLD_NGTCP2, "meson": "0.61.2-1"}, [], "build")
    assert code == 1 and "meson is 0.61.2-1 here, 1.0 or later is needed" in said
    assert "is too old to build on. Use Debian 12 or later" in said
    assert "install " not in (tmp_path / "asked").read_text()

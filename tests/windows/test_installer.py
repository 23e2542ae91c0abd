"""The installer: a silent install adds the client, its window, service, link handler and adapter; a silent uninstall leaves
nothing; an upgrade ends what runs."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import zipfile

import pytest
from netlab.daemon import Daemon, wait_for

import wine

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Building another installer takes long.
NIGHTLY = pytest.mark.skipif(not os.environ.get("LP_NIGHTLY"), reason="builds installers: make nightly")
UNINSTALL_KEY = "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\lanparty"
LINK_KEY = "HKLM\\Software\\Classes\\lanparty"
MENU_EXIT = 3
FOLDER = "C:\\Program Files\\LAN Party"


def setup_program():
    """The installer that scripts/windows-installer made."""
    folder = pathlib.Path(wine.windows_binary("lanparty-client-win.exe")).parents[2]
    found = sorted(folder.glob("lanparty-*-setup.exe"))
    assert found, f"no installer in {folder}: run scripts/windows-installer first"
    return str(found[-1])


def build(tmp_path, *args, check=True, **env):
    """Builds another installer of the same programs."""
    output = tmp_path / "lanparty-0.0.9-setup.exe"
    folder = pathlib.Path(setup_program()).parent
    done = subprocess.run([ROOT / "scripts" / "windows-installer", *args], check=check, capture_output=True, text=True,
                          env={**os.environ, "LP_BUILD": str(folder), "LP_OUTPUT": str(output), **env})
    return str(output) if done.returncode == 0 else done.stderr


def uninstall(computer):
    """Runs the uninstaller, which continues from a copy of itself."""
    computer.run(FOLDER + "\\uninstall.exe", "/S")
    wait_for(lambda: not os.path.exists(computer.unix(FOLDER + "\\uninstall.exe")), "the uninstaller to end", 60)


def test_install_and_uninstall(computer):
    """Programs, start menu, link handler, service and uninstall entry are added and removed; the installed program runs."""
    computer.run("wineboot")
    before = computer.files()
    computer.run(setup_program(), "/S")
    added = computer.files() - before
    for name in ("lanparty-client-win.exe", "lanparty.exe", "uninstall.exe"):
        assert f"Program Files/LAN Party/{name}" in added
    assert any(path.endswith("Programs/LAN Party/LAN Party.lnk") for path in added)
    assert "ProgramData/lanparty" in added
    assert "uninstall.exe" in computer.run("reg", "query", UNINSTALL_KEY, "/reg:64")[1]
    assert "URL Protocol" in computer.run("reg", "query", LINK_KEY, "/reg:64")[1]
    command = computer.run("reg", "query", LINK_KEY + "\\shell\\open\\command", "/ve", "/reg:64")[1]
    assert f'"{FOLDER}\\lanparty.exe" "%1"' in command
    service = computer.run("reg", "query", "HKLM\\System\\CurrentControlSet\\Services\\lanparty", "/reg:64")[1]
    assert f'"{FOLDER}\\lanparty-client-win.exe" --service' in service
    assert "lanparty-client-win" in computer.run(FOLDER + "\\lanparty-client-win.exe", "--version")[1]
    uninstall(computer)
    wait_for(lambda: not computer.files() - before, "the uninstaller to remove everything")
    for key in (UNINSTALL_KEY, LINK_KEY, "HKLM\\System\\CurrentControlSet\\Services\\lanparty"):
        assert computer.run("reg", "query", key, "/reg:64", check=False)[0] != 0, key
    assert computer.files() == before


def test_notes_are_kept(computer):
    """A journal with changes that are not undone yet is not removed with the program."""
    folder = pathlib.Path(computer.unix("C:\\ProgramData\\lanparty"))
    computer.run(setup_program(), "/S")
    journal = folder / "lanparty-client-journal.json"
    for name in ("lanparty-client-identity.json", "lanparty-client-room.conf", "client.log", "client.log.old", "client.dmp",
                 journal.name):
        (folder / name).write_text("{}")
    uninstall(computer)
    wait_for(lambda: list(folder.iterdir()) == [journal], "the identity to go and the notes to stay")


@NIGHTLY
def test_driver(computer, tmp_path):
    """A bundled driver goes into Windows' driver store, with license and source beside the programs, and the adapter is made
    and removed. (The driver's files are a look-alike, and newdev.c is what installs them.)"""
    driver = tmp_path / "dist.win10.zip"
    with zipfile.ZipFile(driver, "w") as archive:
        for platform in ("amd64", "arm64"):
            archive.writestr(f"{platform}/OemVista.inf", f"; {platform}\nDriverVer = 01/10/2024,9.27.0.0\n")
            archive.writestr(f"{platform}/tap0901.cat", "c" * 99)
            archive.writestr(f"{platform}/tap0901.sys", "s")
    assert "cannot be verified" in build(tmp_path, str(driver), check=False)
    setup = build(tmp_path, str(driver), LP_DRIVER_UNCHECKED="1")
    for name, place in (("newdev.dll", "C:\\windows\\system32"), ("pnputil.exe", "C:\\windows\\system32")):
        shutil.copy(wine.windows_binary(name), computer.unix(place))
    computer.env["WINEDLLOVERRIDES"] += ";newdev=n"
    computer.run(setup, "/S")
    size = len("; amd64\nDriverVer = 01/10/2024,9.27.0.0\n")
    assert pathlib.Path(computer.unix("C:\\pnputil.txt")).read_text().split() == ["/add-driver", str(size), "99"]
    offer = pathlib.Path(computer.unix(FOLDER + "\\TAP-Windows6\\SOURCE.txt")).read_text()
    assert "TAP-Windows6 driver 9.27.0.0" in offer
    assert "GENERAL PUBLIC LICENSE" in pathlib.Path(computer.unix(FOLDER + "\\TAP-Windows6\\COPYING.txt")).read_text()
    list_adapters = FOLDER + "\\lanparty-client-win.exe", "--list-adapters"
    assert "LAN Party" in computer.run(*list_adapters, check=False)[1]
    shutil.copy(computer.unix(list_adapters[0]), computer.unix("C:\\client.exe"))
    uninstall(computer)
    assert "LAN Party" not in computer.run("C:\\client.exe", "--list-adapters", check=False)[1]
    assert not os.path.exists(computer.unix(FOLDER))


@NIGHTLY
def test_signing(computer, tmp_path):
    """LP_SIGN signs programs, installer and uninstaller."""
    key, cert, sign = (str(tmp_path / name) for name in ("key.pem", "cert.pem", "sign"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-subj",
                    "/CN=lanparty test", "-addext", "extendedKeyUsage=codeSigning"], check=True, capture_output=True)
    with open(sign, "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\nosslsigncode sign -certs {cert} -key {key} -in \"$1\" -out \"$1.signed\" &&\n"
                   "\tmv \"$1.signed\" \"$1\"\n")
    os.chmod(sign, 0o755)
    setup = build(tmp_path, LP_SIGN=sign)
    computer.run(setup, "/S")
    installed = [computer.unix(f"{FOLDER}\\{name}") for name in ("lanparty-client-win.exe", "lanparty.exe", "uninstall.exe")]
    for path in [setup, *installed]:
        done = subprocess.run(["osslsigncode", "verify", "-CAfile", cert, "-in", path], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0 and "CN=lanparty test" in done.stdout, (path, done.stdout)


def test_winget(tmp_path):
    """The manifest for winget has the installer's checksum."""
    setup = setup_program()
    subprocess.run([ROOT / "scripts" / "windows-winget", setup, "https://example.org/lanparty-setup.exe", tmp_path],
                   check=True, capture_output=True)
    text = (tmp_path / "softlan-vpn.softlan.installer.yaml").read_text()
    assert f"InstallerSha256: {hashlib.sha256(pathlib.Path(setup).read_bytes()).hexdigest().upper()}" in text
    assert "InstallerType: nullsoft" in text and len(list(tmp_path.glob("*.yaml"))) == 3


@pytest.fixture
def installed(invited):
    """The installer was run on a computer of a party."""
    machine = invited.machine
    os.makedirs(machine.unix(FOLDER))
    for name in ("iphlpapi.dll", "iphlpbi.dll"):  # without which no program of ours starts there
        shutil.copy(os.path.join(machine.folder, name), machine.unix(FOLDER))
    machine.run(setup_program(), "/S", timeout=120)
    yield machine
    if os.path.exists(machine.unix(FOLDER + "\\uninstall.exe")):
        machine.run(FOLDER + "\\uninstall.exe", "/S")


def test_upgrade_while_running(invited, installed):
    """An upgrade, and then the uninstaller, make window and client leave, and wait until the settings are restored."""
    before = installed.settings()
    for program in (setup_program(), FOLDER + "\\uninstall.exe"):
        window = Daemon(invited, installed.host, "window", wine.WINE, FOLDER + "\\lanparty.exe", invited.invite,
                        env=installed.env)
        control = ("C:\\lanparty\\windowctl.exe",)
        try:
            wait_for(lambda: installed.run(*control, "get", 100, check=False).strip() == "Not joined", "the window", 30)
        except TimeoutError as error:
            said = [installed.run(*control, "get", number, check=False).strip() for number in (100, 101)]
            raise TimeoutError(f"{error}: {said}") from error
        installed.run(*control, "click", 106)
        wait_for(installed.pins, "the client to join", 30)
        installed.run(program, "/S", timeout=120)
        assert window.process.wait(30) == 0
        wait_for(lambda: not installed.pins(), "the client to leave")
        assert installed.settings() == before
        if program == setup_program():  # an upgrade opens the window again
            wait_for(lambda: installed.run(*control, "get", 100, check=False).strip() == "Not joined", "the window", 60)
            installed.run(*control, "command", MENU_EXIT)
            wait_for(lambda: "no window" in installed.run(*control, "rect", check=False), "the window to close", 30)
    for name in ("lanparty.exe", "uninstall.exe"):
        wait_for(lambda path=f"{FOLDER}\\{name}": not os.path.exists(installed.unix(path)), f"{name} to go", 60)

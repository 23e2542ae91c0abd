"""The installer: a silent install adds the client, a silent uninstall leaves nothing."""

import pathlib

from netlab.daemon import wait_for

import wine

UNINSTALL_KEY = "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\softlan"
def setup_program():
    """The installer that scripts/windows-installer made."""
    folder = pathlib.Path(wine.windows_binary("lanparty-client-win.exe")).parents[2]
    found = sorted(folder.glob("softlan-*-setup.exe"))
    assert found, f"no installer in {folder}: run scripts/windows-installer first"
    return str(found[-1])


def test_install_and_uninstall(computer):
    """Program, start menu and uninstall entry are added and removed; the installed program runs."""
    computer.run("wineboot")
    before = computer.files()
    computer.run(setup_program(), "/S")
    added = computer.files() - before
    assert "Program Files/softlan/lanparty-client-win.exe" in added
    assert "Program Files/softlan/uninstall.exe" in added
    assert any(path.endswith("Programs/softlan/Join a LAN party.lnk") for path in added)
    _, text = computer.run("reg", "query", UNINSTALL_KEY, "/reg:64")
    assert "uninstall.exe" in text
    _, text = computer.run("C:\\Program Files\\softlan\\lanparty-client-win.exe", "--version")
    assert "lanparty-client-win" in text
    code, text = computer.run("C:\\Program Files\\softlan\\lanparty-client-win.exe", "--list-adapters", check=False)
    assert "TAP-Windows6" in text or code != 0
    computer.run("C:\\Program Files\\softlan\\uninstall.exe", "/S")
    # It continues from a copy of itself.
    wait_for(lambda: not computer.files() - before, "the uninstaller to remove everything")
    assert computer.run("reg", "query", UNINSTALL_KEY, "/reg:64", check=False)[0] != 0
    assert computer.files() == before


def test_notes_are_kept(computer):
    """A journal with changes that are not undone yet is not removed with the program."""
    folder = pathlib.Path(computer.prefix, "drive_c", "ProgramData", "lanparty")
    computer.run(setup_program(), "/S")
    folder.mkdir()
    journal = folder / "lanparty-client-journal.json"
    for name in ("lanparty-client-identity.json", "lanparty-client-room.conf", journal.name):
        (folder / name).write_text("{}")
    computer.run("C:\\Program Files\\softlan\\uninstall.exe", "/S")
    wait_for(lambda: not pathlib.Path(computer.prefix, "drive_c/Program Files/softlan").exists(),
             "the uninstaller to end")
    wait_for(lambda: list(folder.iterdir()) == [journal], "the identity to go and the notes to stay")

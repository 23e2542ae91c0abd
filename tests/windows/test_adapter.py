"""The client makes and removes its own adapter. The devices are Wine's; newdev/newdev.c stands in for the driver."""

import shutil

import pytest

import wine

EXE = "C:\\lanparty\\lanparty-client-win.exe"
DEVICES = "HKLM\\System\\CurrentControlSet\\Enum\\ROOT\\NET"
NETWORK = "HKLM\\System\\CurrentControlSet\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}"


@pytest.fixture
def machine(computer):
    """A computer with the client and a driver store."""
    computer.put("lanparty-client-win.exe", "C:\\lanparty")
    shutil.copy(wine.windows_binary("newdev.dll"), computer.unix("C:\\windows\\system32"))
    computer.env["WINEDLLOVERRIDES"] += ";newdev=n"
    return computer


def adapters(machine):
    """What --list-adapters prints."""
    return machine.run(EXE, "--list-adapters", check=False)[1]


def devices(machine):
    """The network devices in the registry."""
    text = machine.run("reg", "query", DEVICES, "/s", check=False)[1]
    return [line for line in text.splitlines() if "HardwareID" in line]


def test_make_and_remove(machine):
    """The adapter exists once, under its name, until it is removed."""
    code, text = machine.run(EXE, "--make-adapter", check=False)
    assert code == 0 and "was made" in text
    assert adapters(machine).splitlines()[0].strip() == "LAN Party"
    assert len(devices(machine)) == 1 and "root\\tap0901" in devices(machine)[0]
    code, text = machine.run(EXE, "--make-adapter", check=False)
    assert code == 0 and "exists already" in text
    assert len(devices(machine)) == 1
    code, text = machine.run(EXE, "--remove-adapter", check=False)
    assert code == 0 and "was removed" in text, text
    assert not devices(machine) and "LAN Party" not in adapters(machine)
    code, text = machine.run(EXE, "--remove-adapter", check=False)
    assert code == 0 and "does not exist" in text


def test_no_driver(machine):
    """Without the driver the message names it, and no device is left."""
    machine.env["LP_TEST_DRIVER"] = "none"
    code, text = machine.run(EXE, "--make-adapter", check=False)
    assert code == 1 and "TAP-Windows6 driver is not installed" in text
    assert not devices(machine)


def test_other_adapters_stay(machine):
    """An adapter of another name is another program's."""
    machine.run(EXE, "--make-adapter")
    guid = adapters(machine).split("GUID")[1].split()[0]
    machine.run("reg", "add", f"{NETWORK}\\{guid}\\Connection", "/v", "Name", "/d", "Office", "/f")
    code, text = machine.run(EXE, "--remove-adapter", check=False)
    assert code == 0 and "does not exist" in text
    assert len(devices(machine)) == 1

"""The Teams app package: what Teams asks of it, and that it offers the commands there are.

Limits: https://learn.microsoft.com/microsoft-365/extensibility/schema/ (1.25).
"""

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.teams.commands import COMMANDS
from manifest.app_manifest import Publisher, app_manifest
from tests.harness.processes import ROOT

APP = "0d5f1c5e-7c3a-4a3e-9f57-2c1f0e9b7a11"
URL = "https://mailroom.contoso.example"
PUBLISHER = Publisher("Contoso", URL, f"{URL}/privacy", f"{URL}/terms")


def menus() -> list[dict[str, str]]:
    told = json.loads(json.dumps(app_manifest(APP, URL, PUBLISHER)))
    return [each for menu in told["bots"][0]["commandLists"] for each in menu["commands"]]


def test_every_command_of_the_menu_exists() -> None:
    assert menus()
    assert {each["title"] for each in menus()} <= set(COMMANDS)


def test_the_lengths_teams_allows() -> None:
    told = json.loads(json.dumps(app_manifest(APP, URL, PUBLISHER)))
    assert len(told["name"]["short"]) <= 30
    assert len(told["name"]["full"]) <= 100
    assert len(told["description"]["short"]) <= 80
    assert all(len(each["title"]) <= 32 for each in menus())
    assert all(len(menu["commands"]) <= 10 for menu in told["bots"][0]["commandLists"])
    assert told["validDomains"] == ["mailroom.contoso.example"]


@pytest.mark.parametrize(
    ("app_id", "url", "publisher", "named"),
    [
        ("not-a-guid", URL, PUBLISHER, "not-a-guid"),
        (APP, "http://mailroom.contoso.example", PUBLISHER, "public URL"),
        (APP, URL, Publisher("x" * 33, URL, URL, URL), "32 letters"),
        (APP, URL, Publisher("Contoso", URL, "privacy", URL), "privacy page"),
    ],
)
def test_what_teams_would_refuse_is_named(
    app_id: str, url: str, publisher: Publisher, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        app_manifest(app_id, url, publisher)


def test_the_package_holds_the_manifest_and_two_icons_at_its_root(tmp_path: Path) -> None:
    zipped = tmp_path / "app.zip"
    command = [sys.executable, "-m", "manifest", "--app-id", APP, "--public-url", URL]
    subprocess.run([*command, "--output", str(zipped)], check=True, cwd=ROOT)
    with zipfile.ZipFile(zipped) as package:
        assert sorted(package.namelist()) == ["color.png", "manifest.json", "outline.png"]
        assert json.loads(package.read("manifest.json"))["id"] == APP
        assert _size(package.read("color.png")) == (192, 192)
        assert _size(package.read("outline.png")) == (32, 32)


def test_a_wrong_id_leaves_no_package(tmp_path: Path) -> None:
    zipped = tmp_path / "app.zip"
    command = [sys.executable, "-m", "manifest", "--app-id", "mine", "--public-url", URL]
    done = subprocess.run(
        [*command, "--output", str(zipped)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "“mine” is no GUID" in done.stderr
    assert not zipped.exists()


def _size(png: bytes) -> tuple[int, int]:
    """Return width and height; the header is at a fixed place (PNG specification, 11.2.2)."""
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)

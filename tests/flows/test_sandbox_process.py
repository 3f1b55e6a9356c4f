"""`python -m bot.sandbox` as a process: its line, its ports, its end."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.flows.graph_scene import ROOT

URLS = ("ENTRA_URL", "GRAPH_URL", "BOT_LOGIN_URL", "BOT_OPENID_METADATA_URL", "CLOCK_URL")
OTHERS = (
    "TENANT_ID", "APP_ID", "APP_SECRET", "BOT_TOKEN_ISSUER", "CONNECTOR_HOSTS", "CA_BUNDLE",
    "ADMINS", "POSTAL_ADDRESS", "PRIVACY_URL",
)  # fmt: skip


@contextmanager
def sandbox(directory: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a sandbox in `directory`; end it if it has not ended."""
    command = [sys.executable, "-m", "bot.sandbox", "--data-dir", str(directory), *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_every_setting_and_ends_when_asked(tmp_path: Path, number: signal.Signals) -> None:
    with sandbox(tmp_path) as process:
        line = told(process)
        settings = line["settings"]
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)

    assert process.returncode == 0
    assert (rest, errors) == ("", "")
    assert set(settings) == {f"MAILROOM_{name}" for name in (*URLS, *OTHERS)}
    for url in (line["control"], *[settings[f"MAILROOM_{name}"] for name in URLS]):
        assert urlsplit(url).hostname == "127.0.0.1"
    assert settings["MAILROOM_GRAPH_URL"].endswith("/v1.0")
    assert settings["MAILROOM_ENTRA_URL"].startswith("https://")
    assert Path(settings["MAILROOM_CA_BUNDLE"]).is_file()


def test_ids_and_keys_outlive_it(tmp_path: Path) -> None:
    lines = []
    for _ in range(2):
        with sandbox(tmp_path) as process:
            lines.append(told(process)["settings"])
    keys = {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")}
    with sandbox(tmp_path) as process:
        told(process)

    for name in ("TENANT_ID", "APP_ID", "APP_SECRET", "ADMINS"):
        assert lines[0][f"MAILROOM_{name}"] == lines[1][f"MAILROOM_{name}"]
    assert {"entra-key.pem", "channel-key.pem"} <= set(keys)
    assert keys == {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")}


def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with sandbox(tmp_path, "--graph-port", str(taken.getsockname()[1])) as process:
            _, errors = process.communicate(timeout=10)

    assert process.returncode == 1
    assert errors.startswith("the sandbox cannot start: ")

"""The import rules hold, and each of them would catch a violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = {
    "Imports run one way",
    "The sandbox imports nothing of ours",
    "Production never imports the sandbox",
    "Only the composition root reads settings",
    "botbuilder stays in one package",
    "msgraph stays in one package",
    "msal stays in one package",
    "redis stays in one package",
    "The SMTP libraries stay in one package",
    "holidays stay in one module",
    "flufl.bounce stays in one package",
    "Template and HTML libraries stay where text is rendered",
}


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    command += ["--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_rules_hold() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout
    for contract in CONTRACTS:
        assert f"{contract} KEPT" in result.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("bot/domain/roles.py", "import bot.services.organisations", "Imports run one way"),
        ("bot/services/reading.py", "import bot.graph.mail", "Imports run one way"),
        ("bot/graph/mail.py", "import bot.storage.keys", "Imports run one way"),
        ("bot/domain/roles.py", "import cards", "Imports run one way"),
        ("cards/__init__.py", "import bot.services.sending", "Imports run one way"),
        ("bot/sandbox/clock.py", "import bot.domain.roles", "The sandbox imports nothing of ours"),
        ("bot/worker.py", "import bot.sandbox.clock", "Production never imports the sandbox"),
        ("bot/graph/mail.py", "import bot.config", "Only the composition root reads settings"),
        ("bot/web/health.py", "import botbuilder.core", "botbuilder stays in one package"),
        ("bot/services/reading.py", "import msgraph", "msgraph stays in one package"),
        ("bot/graph/mail.py", "import msal", "msal stays in one package"),
        ("bot/worker.py", "import redis", "redis stays in one package"),
        ("bot/services/sending.py", "import dkim", "The SMTP libraries stay in one package"),
        ("bot/smtp/__init__.py", "import bot.graph.mail", "Imports run one way"),
        ("bot/domain/calendar.py", "import holidays", "holidays stay in one module"),
        ("bot/domain/inbound/bounces.py", "import flufl", "flufl.bounce stays in one package"),
        (
            "bot/services/composing.py",
            "import jinja2",
            "Template and HTML libraries stay where text is rendered",
        ),
    ],
)
def test_a_violation_is_caught(tmp_path: Path, module: str, line: str, contract: str) -> None:
    for part in ("bot", "cards"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / module
    target.write_text(f"{target.read_text()}\n{line}\n")
    result = lint_imports(tmp_path)
    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout

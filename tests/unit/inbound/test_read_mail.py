"""`python app.py read-mail`: one line a message, and a word for what cannot be read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.errors import UserMistakeError
from bot.read_mail import contacted, read_files
from tests.unit.inbound.letters import OURS, letter

ROOT = Path(__file__).resolve().parents[3]


def test_every_file_gets_its_line_and_exit_code_tells_of_the_unreadable(tmp_path: Path) -> None:
    good, empty, gone = (tmp_path / name for name in ("good.eml", "empty.eml", "gone.eml"))
    good.write_bytes(letter("Please unsubscribe me."))
    empty.write_bytes(b"")
    command = [sys.executable, "app.py", "read-mail", *map(str, (gone, good, tmp_path, empty))]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    first, second = map(json.loads, ran.stdout.splitlines())
    assert first == {
        "file": str(good),
        "kind": "opt_out",
        "status": None,
        "recipients": [],
        "original_message_id": OURS,
        "return_date": None,
        "why": "It orders us to write no more: English, “please unsubscribe me”.",
    }
    assert (second["file"], second["kind"]) == (str(empty), "human_reply")
    told = ran.stderr.splitlines()
    assert [line.split()[0] for line in told] == [str(gone), str(tmp_path)]
    assert all("cannot be read" in line for line in told)


def test_who_was_written_to(tmp_path: Path) -> None:
    listed = tmp_path / "contacted"
    listed.write_text("Ben <ben@customer.example>\n\n ANA@customer.example \n")
    wrote_to = contacted(str(listed))
    assert [wrote_to(each) for each in ("ana@customer.example", "x@y.example")] == [True, False]
    fresh, stranger = tmp_path / "fresh", tmp_path / "stranger"
    fresh.write_bytes(letter("Hello.", In_Reply_To=""))
    stranger.write_bytes(letter("Hello.", In_Reply_To="", sender="x@y.example"))
    lines = [line for line, _ in read_files([str(fresh), str(stranger)], wrote_to)]
    assert [json.loads(line)["kind"] for line in lines] == ["human_reply", "unrelated"]


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserMistakeError, match="nowhere"):
        contacted(str(tmp_path / "nowhere"))

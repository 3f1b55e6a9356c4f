"""The embedded server: one per directory whatever dies; refused when it could lose something."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.errors import ConfigurationError, TransientError
from bot.domain.mailbox import Mailbox
from bot.storage import keys
from bot.storage.batch import Batch
from bot.storage.connection import connect, translated
from bot.storage.durability import require_durable
from bot.storage.redis_store import RedisStore, open_store
from bot.storage.server import EmbeddedServer
from bot.storage.server_files import private_directory, server_binary
from tests.contract.conftest import KEY, NOW, HandClock
from tests.contract.samples import mailbox

PROGRAM = """
import asyncio, pathlib, sys
from bot.storage.server import EmbeddedServer

async def main():
    await EmbeddedServer(pathlib.Path(sys.argv[1])).start()
    print("started", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def pid_of(data_dir: Path) -> int:
    return int((data_dir / "store" / "server.pid").read_text())


async def test_two_programs_share_one_server_and_the_last_one_stops_it(tmp_path: Path) -> None:
    first, second = EmbeddedServer(tmp_path), EmbeddedServer(tmp_path)
    await asyncio.gather(first.start(), second.start())
    pid = pid_of(tmp_path)
    await first.stop()
    client = Redis.from_url(second.url)
    assert (await client.info("server"))["process_id"] == pid
    await client.aclose()
    await second.stop()
    assert not (tmp_path / "store" / "redis.sock").exists()


async def test_stopping_and_starting_at_the_same_moment(tmp_path: Path, clock: HandClock) -> None:
    async def use(number: int) -> None:
        async with open_store("", tmp_path, [KEY], clock) as store:
            await store.records.save(mailbox(f"m{number}"), at=NOW)

    await asyncio.gather(*(use(number) for number in range(6)))
    async with open_store("", tmp_path, [KEY], clock) as store:
        assert len(await store.records.list(Mailbox, "t1")) == 6


async def test_a_killed_program_leaves_its_server_to_the_next(
    tmp_path: Path, clock: HandClock
) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    assert await program.stdout.readline() == b"started\n"
    pid = pid_of(tmp_path)
    assert os.getsid(pid) != os.getsid(program.pid)  # Ctrl-C in the program's terminal spares it
    program.kill()
    await program.wait()
    async with open_store("", tmp_path, [KEY], clock) as store:
        assert pid_of(tmp_path) == pid
        await store.records.save(mailbox(), at=NOW)


async def test_what_was_acknowledged_is_there_after_kill_nine(
    tmp_path: Path, clock: HandClock
) -> None:
    async with open_store("", tmp_path, [KEY], clock) as store:
        for number in range(200):
            await store.records.save(mailbox(f"m{number}"), at=NOW)
        os.kill(pid_of(tmp_path), signal.SIGKILL)
    async with open_store("", tmp_path, [KEY], clock) as store:
        assert len(await store.records.list(Mailbox, "t1")) == 200


async def test_a_server_that_does_not_answer_gets_no_second_one_beside_it(tmp_path: Path) -> None:
    """Two servers on one append-only file would ruin it."""
    first, second = EmbeddedServer(tmp_path), EmbeddedServer(tmp_path, patience=0.1)
    await first.start()
    pid = pid_of(tmp_path)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(ConfigurationError, match=r"server\.pid"):
            await second.start()
        assert pid_of(tmp_path) == pid
    finally:
        os.kill(pid, signal.SIGCONT)
    await first.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_reading_a_large_file_is_not_silence(tmp_path: Path) -> None:
    slow = b"for _ = 1, 30000 do end return redis.call('INCR', 'read')"
    entry = b"*3\r\n$4\r\nEVAL\r\n$%d\r\n%b\r\n$1\r\n0\r\n" % (len(slow), slow)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "appendonly.aof").write_bytes(entry * 8192)
    server = EmbeddedServer(tmp_path, patience=0.5)
    await server.start()
    client = connect(server.url)
    assert await client.get("read") == b"8192"
    await client.aclose()
    await server.stop()


async def test_a_server_that_cannot_start_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "store" / "appendonlydir").mkdir(parents=True)
    manifest = tmp_path / "store" / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_text("nonsense\n")
    (tmp_path / "store" / "appendonly.aof").write_text("nonsense\n")
    with pytest.raises(ConfigurationError, match=r"server\.log"):
        await EmbeddedServer(tmp_path).start()


async def test_only_we_may_look_at_it(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir(mode=0o755)
    async with open_store("", tmp_path, [KEY], HandClock()):
        assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "store" / "redis.sock").stat().st_mode & 0o777 == 0o600


def test_somebody_elses_directory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(ConfigurationError, match="belongs to somebody else"):
        private_directory(tmp_path)


async def test_a_long_path_works(tmp_path: Path, clock: HandClock) -> None:
    deep = tmp_path / ("deep" * 30)
    async with open_store("", deep, [KEY], clock) as store:
        assert await store.waiting(clock.now()) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("appendonly", "no"), ("appendfsync", "everysec"), ("maxmemory-policy", "allkeys-lru")],
)
async def test_a_store_that_could_lose_something_is_refused(
    redis: Redis, server: EmbeddedServer, tmp_path: Path, name: str, value: str
) -> None:
    before = str((await redis.config_get(name))[name])
    await require_durable(redis)
    await redis.config_set(name, value)
    try:
        with pytest.raises(ConfigurationError, match=f"Set `{name} {before}`"):
            async with open_store(server.url, tmp_path, [KEY], HandClock()):
                pass
    finally:
        await redis.config_set(name, before)


async def test_settings_that_may_not_be_read_are_refused(
    redis: Redis, server: EmbeddedServer, clock: HandClock, tmp_path: Path
) -> None:
    await redis.acl_setuser(
        "limited",
        enabled=True,
        passwords=["+x"],
        keys=["*"],
        categories=["+@all"],
        commands=["-config"],
    )
    url = server.url.replace("unix://", "unix://limited:x@")
    try:
        with pytest.raises(ConfigurationError, match="Allow CONFIG GET"):
            async with open_store(url, tmp_path, [KEY], clock):
                pass
    finally:
        await redis.acl_deluser("limited")


@pytest.mark.parametrize(
    "url", ["unix:///nowhere/redis.sock", "redis://127.0.0.1:1", "localhost:6379"]
)
async def test_a_store_that_is_not_there_names_the_setting(
    tmp_path: Path, clock: HandClock, url: str
) -> None:
    with pytest.raises(ConfigurationError, match="MAILROOM_REDIS_URL"):
        async with open_store(url, tmp_path, [KEY], clock):
            pass


async def test_a_store_that_goes_away_is_a_passing_fault(tmp_path: Path, clock: HandClock) -> None:
    async with open_store("", tmp_path, [KEY], clock) as store:
        os.kill(pid_of(tmp_path), signal.SIGKILL)
        with pytest.raises(TransientError):
            await save_for_ever(store)


async def save_for_ever(store: RedisStore) -> None:
    for number in count():
        await store.records.save(mailbox(f"m{number}"), at=NOW)


@pytest.fixture
async def deaf(server: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Path]:
    """A socket before the server that passes everything on and hangs up instead of answering an
    XADD.
    """
    path = tmp_path / "deaf.sock"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_unix_connection(server.url.removeprefix("unix://"))
        while asked := await reader.read(65536):
            requests.write(asked)
            answer = await answers.read(65536)
            if b"XADD" in asked:
                break
            writer.write(answer)
        requests.close()
        writer.close()

    listening = await asyncio.start_unix_server(handle, path)
    yield path
    listening.close()
    await listening.wait_closed()


async def test_what_got_no_answer_is_not_said_again(deaf: Path, redis: Redis) -> None:
    client = connect(f"unix://{deaf}")
    with pytest.raises(TransientError), translated():
        await client.xadd("stream", {"n": "1"})
    assert await redis.xlen("stream") == 1
    await client.aclose()


async def test_commands_written_together_are_not_said_again_either(
    deaf: Path, redis: Redis
) -> None:
    client = connect(f"unix://{deaf}")
    batch = Batch(client)
    lost = [batch.run("XADD", "stream", "*", "n", str(number)) for number in range(3)]
    for each in lost:
        with pytest.raises(RedisError):
            await each
    assert await redis.xlen("stream") == 3
    assert await batch.run("XLEN", "stream") == 3  # over a new connection
    assert batch.run_id == (await redis.info("server"))["run_id"]
    await client.aclose()


async def test_many_commands_are_answered_in_their_order(redis: Redis) -> None:
    batch, answers = Batch(redis), []
    for _ in range(5):  # each while those before are under way
        answers += [batch.run("INCR", "a") for _ in range(300)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*answers) == list(range(1, 1501))


async def test_many_commands_whose_connection_is_lost_are_not_said_again(
    deaf: Path, redis: Redis
) -> None:
    client = connect(f"unix://{deaf}")
    batch, lost = Batch(client), []
    for part in range(3):
        lost += [batch.run("XADD", "stream", "*", "n", f"{part}.{one}") for one in range(100)]
        await asyncio.sleep(0)
    told = await asyncio.gather(*lost, return_exceptions=True)
    assert isinstance(told[0], RedisError)  # those behind it may have a new connection
    kept = [fields[b"n"] for _, fields in await redis.xrange("stream") or () if fields]
    assert len(kept) == len(set(kept))
    assert {f"{at // 100}.{at % 100}".encode() for at, each in enumerate(told)
            if not isinstance(each, RedisError)} <= set(kept)  # fmt: skip
    assert await batch.run("XLEN", "stream") == len(kept)
    await client.aclose()


async def test_one_command_that_fails_spoils_no_other(redis: Redis) -> None:
    batch = Batch(redis)
    wrong, right = batch.run("INCR", "a", "b"), batch.run("INCR", "a")
    with pytest.raises(RedisError, match="wrong number"):
        await wrong
    assert await right == 1


async def test_a_store_of_another_layout_is_refused(
    redis: Redis, server: EmbeddedServer, clock: HandClock, tmp_path: Path
) -> None:
    for _ in range(2):  # as it was left
        async with open_store(server.url, tmp_path, [KEY], clock):
            pass
    for change in (redis.set(keys.LAYOUT, "99"), redis.delete(keys.LAYOUT)):
        await change
        with pytest.raises(ConfigurationError, match="another version"):
            async with open_store(server.url, tmp_path, [KEY], clock):
                pass


def test_the_bundled_server_is_the_end_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert server_binary().endswith("valkey-server")

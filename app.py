"""Mailroom: reads the settings and runs. `python app.py --help` lists the commands."""

import argparse
import asyncio
import logging
import signal
import sys

import structlog
import uvloop
from cryptography.fernet import Fernet

from bot.bootstrap import Role, proving, serve
from bot.config import Settings, read_settings
from bot.domain.errors import ConfigurationError, TransientError, UserMistakeError
from bot.read_mail import contacted, read_files


def main() -> int:
    """Run the command of the command line; return the exit code."""
    given = _arguments()
    if given.command == "new-key":
        print(Fernet.generate_key().decode())
        return 0
    if given.command == "read-mail":
        return _read_mail(given.contacted, given.files)
    try:
        settings = read_settings()
        _log_to_stderr(settings)
        uvloop.run(
            _prove(settings, given.address)
            if given.command == "proof"
            else _serve(settings, given.role)
        )
    except (ConfigurationError, TransientError) as error:
        print(f"Mailroom cannot start.\n{error}", file=sys.stderr)
        return 2
    return 0


async def _serve(settings: Settings, role: Role) -> None:
    """Serve until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await serve(settings, role, ended)


async def _prove(settings: Settings, address: str) -> None:
    """Print what Sent Items says of every email to an address."""
    async with proving(settings) as proof:
        async for line in proof.lines(address):
            print(line)


def _read_mail(addresses: str | None, files: list[str]) -> int:
    """Print what each message is taken for; return 2 where something could not be read."""
    failed = False
    try:
        for line, wrong in read_files(files, contacted(addresses)):
            failed = failed or bool(wrong)
            print(wrong or line, file=sys.stderr if wrong else sys.stdout)
    except UserMistakeError as error:
        print(error, file=sys.stderr)
        failed = True
    return 2 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python app.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="run the bot")
    serving.add_argument(
        "--role",
        choices=("all", "web", "worker"),
        default="all",
        help="web doors, worker loops, or both in one process",
    )
    proof = commands.add_parser("proof", help="what became of every email to an address")
    proof.add_argument("address", metavar="ADDRESS")
    reading = commands.add_parser("read-mail", help="what a message is taken for, and why")
    reading.add_argument(
        "--contacted", metavar="FILE", help="addresses we wrote to, one a line; else everybody is"
    )
    reading.add_argument("files", metavar="FILE", nargs="+", help="a message as it was on the wire")
    commands.add_parser("new-key", help="print a key for MAILROOM_ENCRYPTION_KEYS")
    return parser.parse_args()


def _log_to_stderr(settings: Settings) -> None:
    """One JSON line an event. Callers log ids and codes, never addresses or anybody's text."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    sys.exit(main())

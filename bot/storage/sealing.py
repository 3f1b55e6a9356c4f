"""Encryption at rest: the newest key writes, every key reads (rotation)."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.domain.errors import ConfigurationError


class Seal:
    """Seals small values. `encryption_keys` are Fernet keys, newest first."""

    def __init__(self, encryption_keys: Sequence[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(each) for each in encryption_keys])
        except ValueError as error:
            raise ConfigurationError(
                "MAILROOM_ENCRYPTION_KEYS: a key is not one of ours. Make one with "
                "`python app.py new-key`."
            ) from error

    def closed(self, value: bytes) -> bytes:
        """Return the value as it may lie on a disk, in printable characters."""
        return self._fernet.encrypt(value)

    def opened(self, token: bytes) -> bytes:
        """Return the value behind `closed`.

        Raises:
            ConfigurationError: none of the keys opens it.
        """
        try:
            return self._fernet.decrypt(token)
        except InvalidToken as error:
            raise ConfigurationError(
                "A secret in the store was encrypted with a key that MAILROOM_ENCRYPTION_KEYS no "
                "longer has. Put that key back, behind the newest one."
            ) from error

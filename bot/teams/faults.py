"""What the Connector's refusals mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from botbuilder.schema import ErrorResponseException
from msrest.exceptions import ClientException, HttpOperationError

from bot.domain.errors import MailroomError, PermanentError, TransientError
from bot.teams.hosts import ForeignServiceError

# Teams, "Status codes from bot conversational APIs": try again on these.
_PASSING = (408, 412, 429, 500, 502, 503, 504)


@contextmanager
def translated() -> Iterator[None]:
    """Turn every fault of a call to the Connector into ours."""
    try:
        yield
    except (ErrorResponseException, HttpOperationError) as error:
        raise of_response(error) from error
    except ForeignServiceError as error:
        raise PermanentError(str(error), code="ForeignService") from error
    except (ClientException, requests.RequestException, OSError, ValueError) as error:
        # No answer, or one that is no JSON (a gateway's page, a ValueError): nothing is known.
        raise TransientError("Teams cannot be reached") from error


def of_response(error: Any) -> MailroomError:
    """Return our error for the Connector's answer."""
    response = getattr(error, "response", None)
    status = int(getattr(response, "status_code", 0) or 0)
    code = code_of(error) or str(status)
    if status in _PASSING or not status:
        headers = getattr(response, "headers", None) or {}
        wait = _seconds(headers.get("Retry-After"))
        return TransientError(f"Teams answers {status} {code}", retry_after=wait)
    return PermanentError(f"Teams answers {status} {code}", code=code)


def status_of(error: BaseException | None) -> int:
    """Return the HTTP status behind a translated error, 0 where there was none."""
    response = getattr(error, "response", None)
    return int(getattr(response, "status_code", 0) or 0)


def code_of(error: Any) -> str:
    """Return Teams' own word for a refusal, "" where it gave none."""
    told = getattr(error, "error", None)
    inner = getattr(told, "error", None)
    if inner is not None and getattr(inner, "code", None):
        return str(inner.code)
    extra = getattr(told, "additional_properties", None) or {}
    return str(extra.get("errorCode", ""))


def _seconds(text: object) -> float | None:
    try:
        return float(str(text)) if text is not None else None
    except ValueError:
        return None

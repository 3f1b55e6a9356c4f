"""What an answer of Graph says of a submission, row by row (design, Sending 4), and of the rest."""

from typing import Any, cast

import aiohttp
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.delivery import Outcome
from bot.domain.errors import MailboxClosedError, PermanentError, TransientError
from bot.domain.obstacle import WORDS, Obstacle
from bot.graph.answers import answer_of, body_of, list_of, object_of
from bot.graph.errors import MAILBOX_GONE, Answer, error_of, report_of, report_of_fault
from bot.sandbox.graph.refusals import REFUSALS

HTML = b"<html><body>Gateway</body></html>"


@pytest.mark.parametrize(
    ("status", "code", "retry_after", "outcome", "throttled"),
    [
        (202, "", None, Outcome.ACCEPTED, False),
        (202, "", 10.0, Outcome.ACCEPTED, False),
        (400, "ErrorInvalidRecipients", None, Outcome.REFUSED, False),
        (403, "ErrorSendAsDenied", None, Outcome.REFUSED, False),
        (404, "MailboxNotEnabledForRESTAPI", None, Outcome.REFUSED, False),
        (413, "", None, Outcome.REFUSED, False),
        (401, "InvalidAuthenticationToken", None, Outcome.NOT_WRITTEN, False),
        (408, "", None, Outcome.UNKNOWN, False),
        (429, "ApplicationThrottled", None, Outcome.UNKNOWN, False),
        (429, "ApplicationThrottled", 5.0, Outcome.UNKNOWN, True),
        (503, "ServiceUnavailable", 5.0, Outcome.UNKNOWN, True),
        (503, "ServiceUnavailable", None, Outcome.UNKNOWN, False),
        (500, "ErrorInternalServerError", 5.0, Outcome.UNKNOWN, False),
        (504, "", None, Outcome.UNKNOWN, False),
        (507, "ErrorQuotaExceeded", None, Outcome.UNKNOWN, False),
        (0, "", None, Outcome.UNKNOWN, False),
        (200, "", None, Outcome.UNKNOWN, False),
        (302, "", None, Outcome.UNKNOWN, False),
        (307, "", None, Outcome.UNKNOWN, False),
    ],
)
def test_submissions(
    status: int, code: str, retry_after: float | None, outcome: Outcome, throttled: bool
) -> None:
    report = report_of(Answer(status=status, code=code, retry_after=retry_after))
    assert report.outcome is outcome
    assert report.throttled is throttled


@settings(deadline=None)  # a busy machine is no finding
@given(status=st.integers(0, 599), code=st.sampled_from(["", "ErrorQuotaExceeded", "New"]))
def test_only_202_is_sent_and_only_a_definite_4xx_is_refused(status: int, code: str) -> None:
    outcome = report_of(Answer(status=status, code=code)).outcome
    assert (outcome is Outcome.ACCEPTED) is (status == 202)
    refused = 400 <= status < 500 and status not in (401, 408, 429)
    assert (outcome is Outcome.REFUSED) is refused


@pytest.mark.parametrize(
    ("status", "code", "obstacle"),
    [
        (400, "ErrorInvalidRecipients", None),
        (403, "ErrorInvalidRecipients", None),
        (400, "ErrorMessageSizeExceeded", None),
        (413, "", None),
        (400, "", None),
        (400, "ErrorNew", None),
        (422, "", None),
        (403, "ErrorAccessDenied", Obstacle.CONSENT),
        (403, "ErrorSendAsDenied", Obstacle.SEND_AS),
        (404, "MailboxNotEnabledForRESTAPI", Obstacle.LICENCE),
        (404, "MailboxNotSupportedForRESTAPI", Obstacle.LICENCE),
        (404, "ErrorNonExistentMailbox", Obstacle.NOT_FOUND),
        (404, "", Obstacle.NOT_FOUND),
        (403, "ErrorQuotaExceeded", Obstacle.FULL),
        (400, "ErrorQuotaExceeded", Obstacle.FULL),
        (403, "", Obstacle.CLOSED),
        (403, "ErrorNew", Obstacle.CLOSED),
        (403, "ErrorMessageSubmissionBlocked", Obstacle.BLOCKED),
        (400, "ErrorExceededMessageLimit", Obstacle.LIMITED),
        (403, "ErrorExceededMaxRecipientLimit", Obstacle.LIMITED),
        (400, "ErrorSubmissionQuotaExceeded", Obstacle.LIMITED),
        (400, "InvalidInternetMessageHeader", Obstacle.FAULT),
        (400, "InvalidInternetMessageHeaderCollection", Obstacle.FAULT),
        (400, "ErrorMimeContentInvalidBase64String", Obstacle.FAULT),
        (400, "BadRequest", Obstacle.FAULT),
        (400, "RequestBodyRead", Obstacle.FAULT),
        (405, "", Obstacle.FAULT),
        (415, "", Obstacle.FAULT),
    ],
)
def test_a_refusal_is_of_this_email_of_its_mailbox_or_of_ours(
    status: int, code: str, obstacle: Obstacle | None
) -> None:
    report = report_of(Answer(status=status, code=code))
    assert report.outcome is Outcome.REFUSED
    assert report.obstacle is obstacle
    assert obstacle is None or report.detail == WORDS[obstacle]


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_the_local_cloud_knows_is_on_the_table(code: str) -> None:
    report = report_of(Answer(status=REFUSALS[code].status, code=code))
    assert report.outcome is Outcome.REFUSED
    assert code not in report.detail


@pytest.mark.parametrize("status", [202, 401, 408, 429, 500, 503, 507])
@pytest.mark.parametrize("code", ["ErrorQuotaExceeded", "ErrorExceededMessageLimit", "BadRequest"])
def test_what_is_no_definite_refusal_says_nothing_of_the_mailbox(status: int, code: str) -> None:
    assert report_of(Answer(status=status, code=code)).obstacle is None


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, "ErrorInvalidRecipients", "address"),
        (403, "ErrorSendAsDenied", "own address"),
        (403, "ErrorAccessDenied", "withdrawn"),
        (404, "MailboxNotEnabledForRESTAPI", "licence"),
        (413, "", "too large"),
        (404, "", "mailbox"),
        (400, "ErrorNew", "ErrorNew"),
        (422, "", "422"),
    ],
)
def test_a_refusal_is_told_in_words(status: int, code: str, words: str) -> None:
    report = report_of(Answer(status=status, code=code))
    assert words in report.detail
    assert report.detail.endswith(".")
    assert report.code == (code or str(status))


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (aiohttp.ClientConnectorError(cast(Any, None), OSError("refused")), Outcome.NOT_WRITTEN),
        (aiohttp.ConnectionTimeoutError("slow, or no connection free"), Outcome.NOT_WRITTEN),
        (aiohttp.SocketTimeoutError("slow"), Outcome.UNKNOWN),
        (aiohttp.ClientOSError("reset"), Outcome.UNKNOWN),
        (aiohttp.ServerDisconnectedError(), Outcome.UNKNOWN),
        (aiohttp.ClientPayloadError("cut off"), Outcome.UNKNOWN),
        (TimeoutError(), Outcome.UNKNOWN),
        (RuntimeError("of the SDK"), Outcome.UNKNOWN),
    ],
)
def test_submissions_without_an_answer(fault: Exception, outcome: Outcome) -> None:
    report = report_of_fault(fault)
    assert report.outcome is outcome
    assert not report.throttled


@pytest.mark.parametrize("status", [0, 302, 401, 408, 429, 500, 503, 504])
def test_a_passing_fault_of_any_other_request(status: int) -> None:
    error = error_of(Answer(status=status, retry_after=7.0))
    assert isinstance(error, TransientError)
    assert error.retry_after == 7.0


@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_lasting_fault_of_any_other_request(status: int) -> None:
    error = error_of(Answer(status=status, code="Code", request_id="r-1"))
    assert type(error) is PermanentError
    assert error.code == "Code"
    assert "r-1" in str(error)


@pytest.mark.parametrize("answer", [Answer(status=403), Answer(status=404, code=MAILBOX_GONE)])
def test_a_mailbox_that_is_closed_to_us(answer: Answer) -> None:
    assert type(error_of(answer)) is MailboxClosedError


def answered(status: int, body: bytes, **headers: str) -> Answer:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer_of(httpx.Response(status, content=body, headers=told))


def test_an_error_is_read_from_its_body_and_headers() -> None:
    answer = answered(
        429, b'{"error": {"code": "ApplicationThrottled"}}', retry_after="12", request_id="r-1"
    )
    assert (answer.status, answer.code) == (429, "ApplicationThrottled")
    assert (answer.retry_after, answer.request_id) == (12.0, "r-1")


@pytest.mark.parametrize(
    "body", [b"", HTML, b"[]", b'{"error": "text"}', b'{"error": {"code": 7}}', b"\xff\xfe", b"{"]
)
def test_a_body_that_is_not_graphs_has_no_code(body: bytes) -> None:
    assert answered(502, body).code == ""


def test_a_wait_told_as_a_date_is_none_we_know() -> None:
    assert answered(503, b"", retry_after="Mon, 23 Nov 2026 10:00:00 GMT").retry_after is None


@pytest.mark.parametrize("body", [b"", HTML, b"[]", b"7", b'{"value": ['])
def test_a_success_that_says_nothing_is_not_nothing(body: bytes) -> None:
    with pytest.raises(TransientError):
        object_of(answered(200, body))


@pytest.mark.parametrize("told", [{}, {"value": None}, {"value": {}}, {"value": ["a"]}])
def test_a_list_that_is_none_is_not_empty(told: dict[str, object]) -> None:
    with pytest.raises(TransientError):
        list_of(told)


def test_what_is_no_success_is_never_read() -> None:
    with pytest.raises(PermanentError):
        body_of(answered(404, b'{"value": []}'))
    with pytest.raises(TransientError):
        object_of(answered(302, b'{"value": []}', location="/elsewhere"))
    assert list_of(object_of(answered(200, b'{"value": []}'))) == []

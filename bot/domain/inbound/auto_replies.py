"""Automatic replies: told by their headers (RFC 3834), their class, their subject or their text."""

from bot.domain.inbound import auto_reply_words as words
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.inbound.newly_written import newly_written
from bot.domain.inbound.opened import Opened
from bot.domain.inbound.return_dates import return_date
from bot.domain.inbound.wording import any_of, folded_all, one_line, untagged

_SUBJECTS = folded_all(words.SUBJECTS)
_ENDS = folded_all(words.SUBJECT_ENDS)
_SAYINGS = folded_all(words.SAYINGS)
_HEADERS = (
    "x-autoreply", "x-autorespond", "x-auto-reply-from", "x-autoresponder", "x-mail-autoreply",
    "x-autoreply-from", "x-ms-exchange-inbox-rules-loop", "x-vacation", "x-fc-machinegenerated",
)  # fmt: skip
_CLASSES = (".rules.oof", ".rules.externaloof", ".rules.replytemplate")
_SAYS_NO = ("", "no", "false")
_PRECEDENCES = ("auto_reply", "auto-reply")
_SOURCE, _RULES_AGENT = "x-ms-exchange-generated-message-source", "mailbox rules agent"
# A mail program wrote it, for a person who pressed a button: an opt-out.
_UNSUBSCRIBES = "x-apple-unsubscribe"
_FIRST = 3_000


def auto_reply(opened: Opened) -> MailReading | None:
    """Return the automatic reply a message is, with the day its writer is back; None where it is
    none. X-Auto-Response-Suppress is a request to others, and proves nothing (MS-OXCMAIL).
    """
    text = newly_written(opened)
    mark = _by_headers(opened) or _by_words(opened, text)
    if not mark:
        return None
    back, said = return_date(opened, text[:_FIRST])
    return MailReading(
        kind=Kind.AUTO_REPLY,
        why=f"An automatic reply: {mark}. {said}",
        original_message_id=opened.answered_id,
        return_date=back,
    )


def _by_headers(opened: Opened) -> str:
    if opened.header(_UNSUBSCRIBES) == "true":
        return ""
    submitted = opened.header("auto-submitted").partition(";")[0].strip()
    named = next((each for each in _HEADERS if opened.header(each) not in _SAYS_NO), "")
    marks = (
        (submitted not in _SAYS_NO, f"Auto-Submitted is {submitted[:40]}"),
        (any(each in opened.message_class for each in _CLASSES), "its message class says so"),
        (bool(named), f"it has the header {named}"),
        (opened.header("x-apple-action") == "vacation", "X-Apple-Action is vacation"),
        (opened.header("precedence") in _PRECEDENCES, "Precedence is auto_reply"),
        (_RULES_AGENT in opened.header(_SOURCE), "a mailbox rule wrote it"),
        (opened.returns_to_nobody, "its envelope has no sender"),
    )
    return next((why for there, why in marks if there), "")


def _by_words(opened: Opened, text: str) -> str:
    subject = untagged(opened.subject)
    if subject.startswith(_SUBJECTS) or subject.endswith(_ENDS):
        return "its subject says so"
    saying = any_of(one_line(text[:_FIRST]), _SAYINGS)
    return f"it says “{saying}”" if saying else ""

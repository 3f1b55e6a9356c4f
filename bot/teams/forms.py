"""From what was filled in to the forms the services read. Nothing is believed about it."""

import re
from collections.abc import Mapping

from bot.domain.schedule import Unit
from bot.domain.sequence import MOST_EMAILS
from bot.domain.views import DistributeForm, EmailDraft, PreviewForm, SequenceForm
from cards.sequences import PLATFORM

_COUNT = re.compile(r"[0-9]{1,9}")
_NUMBERED = re.compile(r"(?:subject|body|delay)_([0-9]{1,2})")


def sequence_form(data: Mapping[str, str]) -> SequenceForm:
    """Read a sequence's form. An input left empty is not sent at all."""
    return SequenceForm(
        mailboxes=(),
        sequence_id=data.get("editing", ""),
        version=int(version) if _COUNT.fullmatch(version := data.get("version", "")) else 0,
        program=data.get("program", ""),
        name=data.get("name", ""),
        mailbox_id=data.get("mailbox", ""),
        threading=data.get("threading", "true") != "false",
        emails=tuple(_draft(data, number) for number in range(1, _emails(data) + 1)),
        window=data.get("window", ""),
        days=data.get("days", ""),
        from_hour=data.get("from_hour", ""),
        to_hour=data.get("to_hour", ""),
        whose_time=data.get("whose_time", ""),
    )


def distribute_form(data: Mapping[str, str]) -> DistributeForm:
    """Read the form of a distribution."""
    return DistributeForm(
        sequences=(),
        sequence_id=data.get("sequence", ""),
        recipients=data.get("recipients", ""),
        day=data.get("day", ""),
        hour=data.get("hour", ""),
    )


def preview_form(data: Mapping[str, str]) -> PreviewForm:
    """Read which email is to be shown, and for whom."""
    return PreviewForm(
        distribution_id=data.get("distribution", ""),
        person=data.get("person", ""),
        typed=data.get("typed", ""),
        number=data.get("email", ""),
    )


def _draft(data: Mapping[str, str], number: int) -> EmailDraft:
    return EmailDraft(
        subject=data.get(f"subject_{number}", ""),
        body=data.get(f"body_{number}", ""),
        delay=data.get(f"delay_{number}", ""),
        unit=data.get(f"unit_{number}", Unit.DAYS),
        from_platform=data.get(f"from_{number}", "") == PLATFORM,
    )


def _emails(data: Mapping[str, str]) -> int:
    """Return how many emails the form holds: the highest number something was filled in for."""
    numbers = [int(found[1]) for name in data if (found := _NUMBERED.fullmatch(name))]
    return max(1, *(min(each, MOST_EMAILS) for each in numbers)) if numbers else 1

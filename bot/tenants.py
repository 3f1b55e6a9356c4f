"""The organisations of the settings."""

from zoneinfo import ZoneInfo

from bot.config import Settings
from bot.domain.calendar import Calendar
from bot.domain.roles import Organisation
from bot.domain.templates import ORG_NAME
from bot.public_holidays import public_holidays


def organisation_of(settings: Settings, tenant_id: str) -> Organisation:
    """Return one organisation of the settings; its people are named in lower case."""
    domain = settings.admins[0].rpartition("@")[2]
    name = settings.organisation_name or domain
    return Organisation(
        tenant_id=tenant_id,
        name=name,
        support=support_of(settings),
        admins=frozenset(each.lower() for each in settings.admins),
        managers=frozenset(each.lower() for each in settings.managers),
        calendar=Calendar(
            zone=ZoneInfo(settings.time_zone), is_holiday=public_holidays(settings.holidays)
        ),
        reason=settings.reason.replace(f"{{{{{ORG_NAME}}}}}", name),
        postal_address=settings.postal_address,
        privacy_url=settings.privacy_url,
        approval_over=settings.approval_over,
    )


def support_of(settings: Settings) -> str:
    """Return whom people are told to ask."""
    return settings.support_contact or settings.admins[0]

"""The engine over a store in memory, and a mailbox of the test's own."""

from typing import Any, cast

from bot.services.conversations import Conversations
from bot.services.organisations import Organisations
from bot.services.sending import Sending
from bot.services.suppressions import Suppressions
from tests.contract import samples
from tests.harness.memory_office import ORGANISATION, Office


def sending(at: Office, mail: object) -> Sending:
    """Return what sends the emails of an office through `mail`, which has `send` alone."""
    organisations = Organisations([ORGANISATION])
    return Sending(
        records=at.store.records,
        queue=at.store.sends,
        jobs=at.store.jobs,
        mail=cast(Any, mail),
        relaying=cast(Any, None),  # nothing leaves by SMTP here
        composing=samples.composing(organisations),
        conversations=Conversations(at.store.records, organisations, at.clock),
        suppressions=Suppressions(at.store.records, organisations, at.clock),
        organisations=organisations,
        former=cast(Any, None),  # nobody has moved
        clock=at.clock,
    )

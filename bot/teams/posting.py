"""From a view to botbuilder's message."""

from typing import Any

from botbuilder.core import CardFactory, MessageFactory

import cards
from bot.domain.views import View


def message(view: View, *, replaces: str = "") -> Any:
    """Return a message that shows the view; `replaces` is the id of the one it stands in for."""
    activity = MessageFactory.attachment(CardFactory.adaptive_card(cards.render(view)))
    activity.summary = cards.summary(view)
    if replaces:
        activity.id = replaces
    return activity

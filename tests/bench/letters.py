"""The email every sender of the bench sends: about 1.4 kB of HTML to one person."""

from bot.domain.delivery import OutgoingMail

TENANT = "6b1f2c64-5c0e-4a53-9d3c-2a8f4e7d9b10"
# What an access token of Entra's weighs.
TOKEN = "t" * 1400
TEXT = "We would like to hear how your autumn project went. " * 26


def letter(number: int) -> OutgoingMail:
    """Return the email to person `number`."""
    return OutgoingMail(
        to_address=f"p{number}@customer.example",
        to_name=f"Person {number}",
        subject="How did your autumn project go?",
        html=f"<p>Dear Person {number},</p><p>{TEXT}</p>",
        message_id=f"<{number:032x}.1@contoso.example>",
        key=f"{number:032x}.1",
    )

"""The participants of the story, and how each of them behaves."""

from dataclasses import dataclass

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class Participant:
    """Somebody outside. `answers` names the email they answer and how long after it; `emails` is
    how many emails they should get in all, told from the script alone.
    """

    name: str
    address: str
    emails: int
    answers: tuple[int, int] | None = None
    exists: bool = True

    @property
    def behaviours(self) -> list[dict[str, object]]:
        """The person as the cloud is told of them."""
        if self.answers is None:
            return []
        number, after = self.answers
        text = f"Thank you, happy to help. Best, {self.name}"
        return [{"on": number, "after": after, "do": "reply", "text": text}]


# Emails leave on day 0, 3 and 7.
PARTICIPANTS = (
    Participant("Ana Abel", "ana.abel@customer.example", 1, (1, 2 * HOUR)),
    Participant("Ben Brook", "ben.brook@customer.example", 1, (1, 3 * DAY - HOUR // 3)),
    Participant("Cleo Carr", "cleo.carr@customer.example", 2, (2, DAY)),
    Participant("Dan Dorn", "dan.dorn@customer.example", 2, (2, 4 * DAY - HOUR // 3)),
    Participant("Eve Ebner", "eve.ebner@nowhere.example", 1, exists=False),
    Participant("Fay Fuchs", "fay.fuchs@nowhere.example", 1, exists=False),
    Participant("Gus Grant", "gus.grant@customer.example", 3),
    Participant("Hal Huber", "hal.huber@customer.example", 3),
    Participant("Ina Ivers", "ina.ivers@partner.example", 3),
    Participant("Jon Jarvis", "jon.jarvis@partner.example", 3),
    Participant("Kim Keller", "kim.keller@partner.example", 3),
    Participant("Lea Lang", "lea.lang@partner.example", 3),
)

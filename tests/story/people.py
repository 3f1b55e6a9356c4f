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
    away: bool = False

    @property
    def behaviours(self) -> list[dict[str, object]]:
        """The person as the cloud is told of them."""
        if self.away:
            text = "I am out of the office and read your message when I am back."
            return [{"on": "any", "after": 20, "do": "auto_reply", "text": text}]
        if self.answers is None:
            return []
        number, after = self.answers
        text = f"Thank you, happy to help. Best, {self.name}"
        return [{"on": number, "after": after, "do": "reply", "text": text}]


def _at(name: str, domain: str = "customer.example") -> str:
    return f"{name.lower().replace(' ', '.')}@{domain}"


# Emails leave on day 0, 3 and 7. Whoever answers gets no later one.
_ANSWERS = {
    "Ana Abel": (1, 2 * HOUR),
    "Moa Mohr": (1, 5 * HOUR),
    "Nils Nagel": (1, 2 * DAY),
    "Ben Brook": (1, 3 * DAY - HOUR // 3),
    "Olga Orth": (2, 10 * 60),
    "Paul Pohl": (2, 3 * HOUR),
    "Cleo Carr": (2, DAY),
    "Rosa Roth": (2, 2 * DAY),
    "Dan Dorn": (2, 4 * DAY - HOUR // 3),
    "Sten Stark": (3, HOUR),
    "Tina Thal": (3, DAY),
    "Ugo Uhl": (3, 2 * DAY),
}
_GONE = ("Eve Ebner", "Fay Fuchs", "Vera Voss")
_AWAY = ("Will Wolf", "Xenia Xu")
_SILENT = (
    "Gus Grant", "Hal Huber", "Ina Ivers", "Jon Jarvis", "Kim Keller", "Lea Lang", "Yara Yilmaz",
    "Zeno Zorn", "Ada Ahrens", "Bo Bender", "Cai Cramer", "Dora Dietz", "Emil Engel", "Finn Fink",
    "Gro Grimm", "Hugo Hahn", "Iris Imhof", "Jana Jung", "Kai Kraft", "Lars Lenz", "Mia Maurer",
    "Noa Noll", "Oda Otto",
)  # fmt: skip

PARTICIPANTS = (
    *(Participant(name, _at(name), when[0], when) for name, when in _ANSWERS.items()),
    *(Participant(name, _at(name, "nowhere.example"), 1, exists=False) for name in _GONE),
    *(Participant(name, _at(name, "partner.example"), 3, away=True) for name in _AWAY),
    *(Participant(name, _at(name, "partner.example"), 3) for name in _SILENT),
)


def receive(number: int) -> int:
    """Return how many people get email `number`."""
    return sum(each.emails >= number for each in PARTICIPANTS)


def answered(number: int) -> int:
    """Return how many people answer email `number`."""
    return sum(each.answers is not None and each.answers[0] == number for each in PARTICIPANTS)

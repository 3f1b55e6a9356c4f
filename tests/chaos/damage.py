"""What was really done to a run."""

from dataclasses import dataclass, field


@dataclass
class Damage:
    """What was really done."""

    worker_kills: int = 0
    store_kills: int = 0
    freezes: int = 0
    naps: int = 0
    cuts: int = 0
    sizes: list[tuple[float, int]] = field(default_factory=list)

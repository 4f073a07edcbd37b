"""When answers become numbers, and which lesson needs a look first. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FEWEST = 3
"""So many answers make a number; fewer speak of persons."""
SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Answers:
    """How many gave which score."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Return how many answered."""
        return sum(self.counts.values())

    @property
    def enough(self) -> bool:
        """Whether there are enough answers to show a number."""
        return self.number >= FEWEST

    @property
    def mean(self) -> float | None:
        """Return the mean to one decimal, or None while there are not enough answers."""
        if not self.enough:
            return None
        return round(sum(score * n for score, n in self.counts.items()) / self.number, 1)

    def share(self, score: int) -> int:
        """Return how many whole percents gave a score; 0 without enough answers."""
        return round(100 * self.counts.get(score, 0) / self.number) if self.enough else 0

    def __add__(self, other: "Answers") -> "Answers":
        """Return the answers of both."""
        return Answers(Counter(self.counts) + Counter(other.counts))


def by_version(
    rows: Iterable[tuple[int, int, int, int]], newest: Mapping[int, int]
) -> dict[int, tuple[Answers, Answers]]:
    """Return each step's answers on its newest version and on earlier ones, by step id.

    `rows` hold step, version of the step, score and how often; `newest` each step's version in
    the newest version of the course. Steps that are not in it are left out.
    """
    found: dict[int, tuple[Counter[int], Counter[int]]] = {
        step_id: (Counter(), Counter()) for step_id in newest
    }
    for step_id, version_id, score, number in rows:
        if step_id in newest:
            found[step_id][version_id != newest[step_id]][score] += number
    return {step_id: (Answers(new), Answers(old)) for step_id, (new, old) in found.items()}

"""Taking turns: what is compared runs alternately in the same minutes, and medians are compared."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a rate, the rate it is held against, and the least ratio we aim for."""

    work: str
    rate: float
    against: str = ""
    other: float | None = None
    aim: float | None = None
    unit: str = "/s"

    @property
    def ratio(self) -> float | None:
        return self.rate / self.other if self.other else None

    @property
    def is_met(self) -> bool | None:
        if self.aim is None:
            return None
        return (self.ratio if self.other else self.rate) >= self.aim


def rates(works: list[Callable[[], int]], rounds: int = ROUNDS) -> list[float]:
    """Each work says how many units it did; the median rate of each, first round thrown away."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds + 1):
        for place, work in enumerate(works):
            begun = time.perf_counter()
            done = work()
            taken[place].append(done / (time.perf_counter() - begun))
    return [statistics.median(times[1:]) for times in taken]


def table(rows: list[Row]) -> str:
    lines = [
        "| work | rate | against | its rate | ratio | aim | met |",
        "| --- | ---: | --- | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        other = f"{row.other:,.0f}{row.unit}" if row.other else ""
        ratio = "" if not row.ratio else f"{row.ratio:.2f}" if row.ratio >= 0.1 else f"{row.ratio:#.2g}"
        aim = "" if row.aim is None else f"{row.aim:g}"
        met = {None: "", True: "yes", False: "no"}[row.is_met]
        lines.append(f"| {row.work} | {row.rate:,.0f}{row.unit} | {row.against} | {other} | {ratio} | {aim} | {met} |")
    return "\n".join(lines) + "\n"

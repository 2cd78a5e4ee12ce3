"""The seeded moments at which processes are killed, and the actions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

# Every failpoint around the publication of a checkpoint and its commit, in the order in which one passes them.
FAILPOINTS = (
    "checkpoint/before_store",
    "checkpoint/after_store",
    "committer/before_commit",
    "committer/before_manifest_write",
    "committer/after_manifest_write",
    "committer/before_metadata_write",
    "committer/after_metadata_write",
    "committer/after_commit",
)
# Holds each checkpoint for a while, so that a kill finds one in flight.
SLOW_STORE = "checkpoint/before_store=sleep(400)"


@dataclass(frozen=True)
class Moment:
    """failpoint: the jobmanager kills itself there, at its n-th hit. victims: killed from outside, after delay_s, or
    when a checkpoint is in flight."""

    name: str
    failpoint: str = ""
    victims: tuple[str, ...] = ()
    delay_s: float = 0.0
    in_flight: bool = False


def all_failpoints(rng: random.Random) -> list[Moment]:
    return [Moment(f"kill at {name}", failpoint=f"{name}=kill@{rng.randint(2, 3)}") for name in FAILPOINTS]


def outside_kills(rng: random.Random, count: int) -> list[Moment]:
    """Each process in turn and all together; half of them with a checkpoint in flight."""
    groups = (
        ("taskmanager-1",),
        ("jobmanager",),
        ("taskmanager-2",),
        ("taskmanager-1", "taskmanager-2", "jobmanager"),
        ("taskmanager-1", "taskmanager-2"),
        ("jobmanager", "taskmanager-1"),
    )
    moments = []
    for number in range(count):
        victims = groups[number % len(groups)]
        in_flight = number % 2 == 0
        delay_s = round(rng.uniform(0.0, 1.2), 3)
        when = "in flight" if in_flight else f"after {delay_s} s"
        moments.append(Moment(f"kill {' '.join(victims)} {when}", "", victims, delay_s, in_flight))
    return moments


def plan(seed: int, outside: int) -> Sequence[Moment]:
    rng = random.Random(seed)
    moments = all_failpoints(rng) + outside_kills(rng, outside)
    rng.shuffle(moments)
    return moments

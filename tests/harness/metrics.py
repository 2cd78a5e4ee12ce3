"""Metrics with event times in some disorder, and what their windows must be: the oracle of the window tests.

A partition's event times are never further behind its newest than the watermark's delay, so that no row is late,
whatever is read when: the closed windows are a function of the input.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from harness.scripts import iceberg_table, kafka_table

PARTITIONS = 3
DELAY_MS = 10_000
WINDOW_MS = 60_000
ORIGIN = datetime(2025, 3, 30, 0, 30, tzinfo=timezone.utc)
COLUMNS = "sensor_id STRING, location STRING, value_x2 BIGINT, event_time TIMESTAMP(3)"
WATERMARK = "WATERMARK FOR event_time AS event_time - INTERVAL '10' SECOND"

Row = tuple[str | None, str, datetime, int, int, int, int]


@dataclass
class Metrics:
    """Makes events, a partition each, and remembers what it made."""

    seed: int
    sensors: int = 50
    step_ms: int = 40  # of event time, from event to event of a partition
    rng: random.Random = field(init=False)
    now_ms: list[int] = field(init=False)
    made: list[tuple[int, int, str | None, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.now_ms = [0] * PARTITIONS

    def take(self, partition: int, count: int) -> list[bytes]:
        return [self._next(partition) for _ in range(count)]

    def _next(self, partition: int) -> bytes:
        self.now_ms[partition] += self.rng.randrange(2 * self.step_ms)
        time_ms = max(self.now_ms[partition] - self.rng.choice((0, 0, 500, DELAY_MS - 1)), 0)
        number = self.rng.randrange(self.sensors)
        sensor = None if number == 0 else f"sensor_{number:03d}"
        location, value = f"place_{number % 4}", self.rng.randrange(-100, 100)
        self.made.append((partition, time_ms, sensor, location, value))
        moment = (ORIGIN + timedelta(milliseconds=time_ms)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        event = {"sensor_id": sensor, "location": location, "value_x2": value, "event_time": moment}
        return json.dumps(event).encode()

    def watermark_ms(self) -> int:
        """Where a reader stands that has read everything."""
        newest = [max((time for p, time, *_ in self.made if p == partition), default=-1) for partition in range(PARTITIONS)]
        return min(newest) - DELAY_MS

    def windows(self, closed_only: bool) -> Counter[Row]:
        """sensor, location, start, sum, min, max, count; a window has ended when the watermark is at its last millisecond."""
        values: dict[tuple[str | None, str, int], list[int]] = defaultdict(list)
        for _, time_ms, sensor, location, value in self.made:
            values[sensor, location, time_ms // WINDOW_MS].append(value)
        watermark = self.watermark_ms()
        rows: Counter[Row] = Counter()
        for (sensor, location, number), group in values.items():
            if closed_only and (number + 1) * WINDOW_MS - 1 > watermark:
                continue
            start = (ORIGIN + timedelta(milliseconds=number * WINDOW_MS)).replace(tzinfo=None)
            rows[sensor, location, start, sum(group), min(group), max(group), len(group)] += 1
        return rows


WINDOW_COLUMNS = "sensor_id, location, window_start, total, low, high, events"


def windows_script(
    servers: str, topic: str, warehouse: Path, table: str, settings: Iterable[tuple[str, str]] = (), bounded: bool = False
) -> str:
    """One job: the topic's metrics by sensor, location and minute into the table."""
    text = "".join(f"SET '{key}' = '{value}';\n" for key, value in settings)
    text += kafka_table(
        "metrics", f"{COLUMNS}, {WATERMARK}", servers, topic,
        {"scan.bounded.mode": "latest-offset" if bounded else "unbounded"},
    )  # fmt: skip
    text += iceberg_table(
        table,
        "sensor_id STRING, location STRING, window_start TIMESTAMP(6), total BIGINT, low BIGINT, high BIGINT, events BIGINT",
        warehouse,
    )
    return text + (
        f"INSERT INTO {table}\n"
        "SELECT sensor_id, location, TUMBLE_START(event_time, INTERVAL '1' MINUTE), SUM(value_x2), MIN(value_x2),"
        " MAX(value_x2), COUNT(*)\n"
        "FROM metrics GROUP BY sensor_id, location, TUMBLE(event_time, INTERVAL '1' MINUTE);"
    )

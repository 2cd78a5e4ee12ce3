"""The events of the guide's three topics, as JSON bytes, cheap enough for several 100,000 a second.

With a seed everything is repeatable, the times too: they then start at a fixed moment instead of now.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

SEEDED_ORIGIN = datetime(2025, 1, 1, tzinfo=timezone.utc)
EVENT_TYPES = ("page_view", "click", "purchase", "login", "logout", "search")
PAGES = ("/home", "/products", "/cart", "/checkout", "/profile", "/search")
DEVICES = ("mobile", "desktop", "tablet")
METRICS = ("temperature", "humidity", "pressure", "vibration")
LOCATIONS = ("warehouse_a", "warehouse_b", "factory_1", "factory_2", "office")
STATUSES = ("active", "inactive", "pending")

# A keyed event: which of the topic's partitions it belongs to (an ordering key), and its bytes.
Event = tuple[int, bytes]


class EventClock:
    """Event times one step apart, as ISO-8601 with microseconds, formatted once a second of event time."""

    def __init__(self, origin: datetime, step_us: int) -> None:
        self._second = origin.replace(microsecond=0)
        self._micros = origin.microsecond
        self._step_us = step_us
        self._prefix = self._second.strftime("%Y-%m-%dT%H:%M:%S")
        self.follows_wall_clock = step_us == 0

    @classmethod
    def paced(cls, seed: int | None, delay: float) -> EventClock:
        """Slow events carry the time at which they are made; fast or repeatable ones walk on by themselves."""
        origin = SEEDED_ORIGIN if seed is not None else datetime.now(timezone.utc)
        return cls(origin, 0 if delay > 0 and seed is None else max(int(delay * 1e6), 10))

    @classmethod
    def spread(cls, seed: int | None, span: float, count: int) -> EventClock:
        """So many events within a span that ends now, or begins at the fixed moment."""
        origin = SEEDED_ORIGIN if seed is not None else datetime.now(timezone.utc) - timedelta(seconds=span)
        return cls(origin, max(int(span * 1e6 / max(count, 1)), 1))

    def _set(self, moment: datetime) -> None:
        self._second = moment.replace(microsecond=0)
        self._prefix = self._second.strftime("%Y-%m-%dT%H:%M:%S")

    def next(self) -> str:
        if self.follows_wall_clock:
            now = datetime.now(timezone.utc)
            self._micros = now.microsecond
            if now.replace(microsecond=0) != self._second:
                self._set(now)
        else:
            self._micros += self._step_us
            if self._micros >= 1_000_000:
                self._set(self._second + timedelta(seconds=self._micros // 1_000_000))
                self._micros %= 1_000_000
        return f"{self._prefix}.{self._micros:06d}"


def user_events(seed: int | None, clock: EventClock) -> Iterator[Event]:
    rng = random.Random(seed)
    tails = []
    for _ in range(4096):
        data = {
            "page": rng.choice(PAGES),
            "device": rng.choice(DEVICES),
            "session": f"{rng.getrandbits(32):08x}",
            "value": round(rng.uniform(1, 500), 2),
        }
        tails.append(f'"event_type": "{rng.choice(EVENT_TYPES)}", "event_data": {json.dumps(json.dumps(data))}')
    uniform, advance, number = rng.random, clock.next, 0
    while True:
        user, tail = int(uniform() * 100_000) + 1, tails[int(uniform() * 4096)]
        yield number, f'{{"user_id": {user}, {tail}, "event_time": "{advance()}"}}'.encode()
        number += 1


def metrics(seed: int | None, clock: EventClock) -> Iterator[Event]:
    rng = random.Random(seed)
    heads = [
        f'"sensor_id": "sensor_{sensor:03d}", "metric_name": "{METRICS[sensor % len(METRICS)]}", '
        for sensor in range(1, 201)
    ]
    places = [f'"location": "{LOCATIONS[sensor % len(LOCATIONS)]}"' for sensor in range(200)]
    uniform, advance, number = rng.random, clock.next, 0
    while True:
        sensor, value = int(uniform() * 200), uniform() * 100
        yield number, (
            f'{{{heads[sensor]}"metric_value": {value:.3f}, {places[sensor]}, "event_time": "{advance()}"}}'.encode()
        )
        number += 1


def _user_row(rng: random.Random, key: int, updated_at: str) -> str:
    return (
        f'{{"id": {key}, "name": "User {key}", "email": "user{key}.{rng.getrandbits(16)}@example.com", '
        f'"status": "{STATUSES[int(rng.random() * 3)]}", "updated_at": "{updated_at}"}}'
    )


def cdc_users(seed: int | None, clock: EventClock) -> Iterator[Event]:
    """A consistent history: an update or delete carries the row that is there, in key order by partition."""
    rng = random.Random(seed)
    origin_ms = int(SEEDED_ORIGIN.timestamp() * 1000) if seed is not None else int(time.time() * 1000)
    rows: dict[int, str] = {}
    keys: list[int] = []
    number = 0
    while True:
        draw, at = rng.random(), clock.next()
        ts_ms = origin_ms + number if seed is not None or not clock.follows_wall_clock else int(time.time() * 1000)
        if not keys or draw < 0.22:
            key = number + 1
            rows[key] = _user_row(rng, key, at)
            keys.append(key)
            change = f'"op_type": "INSERT", "before": null, "after": {rows[key]}'
        else:
            place = int(rng.random() * len(keys))
            key, before = keys[place], rows[keys[place]]
            if draw < 0.96:
                rows[key] = _user_row(rng, key, at)
                change = f'"op_type": "UPDATE", "before": {before}, "after": {rows[key]}'
            else:
                keys[place] = keys[-1]
                keys.pop()
                del rows[key]
                change = f'"op_type": "DELETE", "before": {before}, "after": null'
        yield key, f'{{{change}, "ts_ms": {ts_ms}}}'.encode()
        number += 1


GENERATORS = {"user_events": user_events, "metrics": metrics, "cdc_users": cdc_users}

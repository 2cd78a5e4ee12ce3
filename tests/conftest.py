"""Fixtures of the process-level tests: one broker a run, clusters that end with their test, topics of their own."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.fragile_folder import FragileFolder
from harness.small_disk import SmallDisk


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long forms of the tests too")
    parser.addoption("--seed", type=int, default=None, help="seed of the fault tests (printed by each run)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test of the long form is another selection, not a skipped one."""
    if config.getoption("--full"):
        return
    long_ones = [item for item in items if item.get_closest_marker("full")]
    if long_ones:
        config.hook.pytest_deselected(items=long_ones)
        items[:] = [item for item in items if item not in long_ones]


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--seed")
    return given if given is not None else random.SystemRandom().randrange(1_000_000)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


_numbers = itertools.count(1)


@pytest.fixture
def topic(broker: Broker) -> Callable[..., str]:
    def create(name: str, partitions: int = 3) -> str:
        return broker.create_topic(f"{name}_{next(_numbers)}", partitions)

    return create


@pytest.fixture
def new_cluster(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Makes clusters, not yet started; what still runs at the end gets SIGTERM, and must take it."""
    made: list[Cluster] = []

    def make(options: Mapping[str, str] = {}) -> Cluster:
        cluster = Cluster(tmp_path / f"cluster-{len(made) + 1}", options)
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        cluster.stop()


@pytest.fixture
def small_disk(new_cluster: Callable[..., Cluster]) -> Iterator[Callable[..., SmallDisk]]:
    """Makes small file systems; each is there for as long as a process runs on it."""
    made: list[SmallDisk] = []

    def make(folder: Path, size: str) -> SmallDisk:
        made.append(SmallDisk(folder, size))
        return made[-1]

    yield make
    for disk in made:
        disk.close()


@pytest.fixture
def fragile_folder(new_cluster: Callable[..., Cluster]) -> Iterator[Callable[..., FragileFolder]]:
    """Makes folders that hang when they are told to; at the end whoever waits for one gets an error."""
    made: list[FragileFolder] = []

    def make(folder: Path) -> FragileFolder:
        made.append(FragileFolder(folder))
        return made[-1]

    yield make
    for folder in made:
        folder.close()


@pytest.fixture
def cluster(new_cluster: Callable[..., Cluster]) -> Cluster:
    """One jobmanager, two taskmanagers with two slots each, checkpoints every second."""
    return new_cluster().start()

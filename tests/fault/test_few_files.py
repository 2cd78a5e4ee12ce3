"""A jobmanager that may open few files, and clients that would use them all up."""

from __future__ import annotations

import socket
from collections.abc import Callable

from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import wait_until
from window_jobs import await_windows, check, fast_metrics, produce, start

FILES = 128


def slow_client(port: int) -> socket.socket:
    """Begins a request, and never ends it."""
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", port))
    try:
        client.send(b"GET /overview HTTP/1.1\r\n")
    except BlockingIOError:
        pass  # not taken yet
    return client


def test_more_rest_clients_than_files(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """They do not get those that checkpoints and commits need, and hold nobody up once they are gone."""
    cluster = new_cluster({"execution.checkpointing.interval": "500 ms"})
    cluster.jobmanager_prefix = ["prlimit", f"--nofile={FILES}:{FILES}"]
    cluster.start()
    events, metrics = topic("files"), fast_metrics(seed)
    produce(broker, events, metrics, 2)
    job = start(cluster, broker, events, "windows", 2)
    await_windows(cluster, "windows", metrics.windows(closed_only=True))
    port = int(cluster.rest.url.rsplit(":", 1)[1])
    clients = [slow_client(port) for _ in range(4 * FILES)]
    produce(broker, events, metrics, 2)
    closed = metrics.windows(closed_only=True)
    await_windows(cluster, "windows", closed)
    for client in clients:
        client.close()
    wait_until(lambda: cluster.rest.job_state(job) == "RUNNING", 5, "an answer to somebody else")
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    check(cluster, "windows", closed)

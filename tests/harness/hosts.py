"""Several hosts on one machine: network namespaces of our own that can be cut off from each other, joined by a bridge, or
by a wire that loses and delays packets."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.cluster import Cluster
from harness.processes import BINARIES, Process, wait_until
from harness.rest import Rest
from harness.wire import Wire

_numbers = itertools.count(1)
NETWORK = "10.77.0"
REST_PORT, RPC_PORT = 8081, 6123


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr.strip()}"


class Hosts:
    """Namespaces by name, each with an address; the bridge between them has a namespace of its own. With a seed there
    is a wire in its place."""

    def __init__(self, names: Sequence[str], wire_seed: int | None = None) -> None:
        self._prefix = f"fz{os.getpid()}x{next(_numbers)}"
        self.addresses = {name: f"{NETWORK}.{number}" for number, name in enumerate(names, 1)}
        self._made: list[str] = []
        self._wire_seed = wire_seed
        self._wire: Wire | None = None

    @property
    def wire(self) -> Wire:
        assert self._wire is not None, "these hosts are joined by a bridge"
        return self._wire

    def namespace(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    def create(self) -> None:
        if self._wire_seed is None:
            self._join_by_bridge()
        else:
            for name in self.addresses:
                self._add(name)
            self._wire = Wire(self._wire_seed, {self.namespace(name): at for name, at in self.addresses.items()})
        for name in self.addresses:
            run("ip", "-n", self.namespace(name), "link", "set", "lo", "up")

    def _join_by_bridge(self) -> None:
        self._add("bridge")
        bridge = self.namespace("bridge")
        run("ip", "-n", bridge, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", bridge, "link", "set", "br0", "up")
        for number, (name, address) in enumerate(self.addresses.items(), 1):
            self._add(name)
            host, port = self.namespace(name), f"port{number}"
            run("ip", "-n", bridge, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", host)
            run("ip", "-n", bridge, "link", "set", port, "master", "br0", "up")
            run("ip", "-n", host, "addr", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", host, "link", "set", "eth0", "up")

    def _add(self, name: str) -> None:
        run("ip", "netns", "add", self.namespace(name))
        self._made.append(self.namespace(name))

    def remove(self) -> None:
        if self._wire is not None:
            self._wire.close()
        for namespace in self._made:
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)

    def drop(self, sender: str, receiver: str) -> None:
        """What one host sends to the other vanishes, without a reset."""
        run("ip", "-n", self.namespace(sender), "route", "add", "blackhole", f"{self.addresses[receiver]}/32")

    def heal(self, sender: str, receiver: str) -> None:
        run("ip", "-n", self.namespace(sender), "route", "del", "blackhole", f"{self.addresses[receiver]}/32")


class HostRest(Rest):
    """Asks from the jobmanager's own host, which nobody else reaches."""

    def __init__(self, namespace: str) -> None:
        super().__init__(REST_PORT)
        self._command = ["ip", "netns", "exec", namespace, "curl", "-s", "-w", "\n%{http_code}"]

    def request(self, method: str, path: str, timeout: float = 5) -> tuple[int, Any]:
        command = [*self._command, "-m", str(timeout), "-X", method, self.url + path]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise OSError(f"curl ended with {done.returncode}")
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(body) if body else None


class HostCluster(Cluster):
    """jobmanager and taskmanagers, each on a host of its own."""

    def __init__(self, folder: Path, hosts: Hosts, options: dict[str, str]) -> None:
        super().__init__(folder, options)
        self.hosts = hosts
        self.rest = HostRest(hosts.namespace("jobmanager"))

    def _launch(self, name: str, binary: str, options: Any, failpoints: str) -> Process:
        host = "jobmanager" if binary == "jobmanager" else name
        address = self.hosts.addresses[host]
        given = {
            **self.options,
            "jobmanager.rpc.address": self.hosts.addresses["jobmanager"],
            "jobmanager.bind-host": self.hosts.addresses["jobmanager"],
            "jobmanager.rpc.port": str(RPC_PORT),
            "rest.port": str(REST_PORT),
            "taskmanager.host": address,
        }
        command: list[str | Path] = ["ip", "netns", "exec", self.hosts.namespace(host), BINARIES / binary]
        for key, value in given.items():
            command += ["-D", f"{key}={value}"]
        return Process(name, command, self.folder / "logs" / f"{name}.log")

    def start(self, taskmanagers: int = 2) -> HostCluster:
        process = self._launch("jobmanager", "jobmanager", {}, "")
        self.jobmanagers.append(process)
        self.await_jobmanager(process)
        for number in range(1, taskmanagers + 1):
            self.start_taskmanager(number)
        self.await_taskmanagers(taskmanagers)
        return self

    def submit(self, text: str, variables: Any = {}) -> str:
        script = self.folder / "script.sql"
        script.write_text(text)
        command = ["ip", "netns", "exec", self.hosts.namespace("jobmanager"), str(BINARIES / "frazil"), "sql", "-f",
                   str(script), "--jobmanager", self.rest.url]  # fmt: skip
        before = {job["jid"] for job in self.rest.jobs()}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        (job,) = wait_until(lambda: {job["jid"] for job in self.rest.jobs()} - before, 10, "the job")  # type: ignore[misc]
        return job


@contextmanager
def host_cluster(
    folder: Path, options: dict[str, str], taskmanagers: int = 2, wire_seed: int | None = None
) -> Iterator[HostCluster]:
    hosts = Hosts(["jobmanager", *(f"taskmanager-{number}" for number in range(1, taskmanagers + 1))], wire_seed)
    try:
        hosts.create()
        cluster = HostCluster(folder, hosts, options)
        try:
            yield cluster.start(taskmanagers)
        finally:
            cluster.stop()
    finally:
        hosts.remove()

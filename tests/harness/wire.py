"""The wire between hosts, as a process that carries each packet, late, not at all, or damaged, as it was told last.

python -m harness.wire SEED NAMESPACE=ADDRESS... gives each namespace a device eth0 and carries what is sent there to the
namespace of the address that it is for. Lines on standard input say what the wire is like from then on."""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Mapping

from harness.processes import ROOT

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
MTU = 1500
TCP = 6
DAMAGED_BYTES = 64  # of payload at least: not a mere acknowledgement


class Wire:
    """The process, for who tests."""

    def __init__(self, seed: int, addresses: Mapping[str, str]) -> None:
        words = [f"{namespace}={address}" for namespace, address in addresses.items()]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.wire", str(seed), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT / "tests",
        )  # fmt: skip
        assert self._ask("") == "carries"

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        if line:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def set(self, loss: float, delay_ms: tuple[float, float]) -> None:
        """The part of the packets that vanishes, and for how long each of the others is under way: between the two."""
        self._ask(f"set {loss} {delay_ms[0]} {delay_ms[1]}")

    def damage(self, address: str, other: str, count: int) -> None:
        """The next packets between the two with something in them come with two words swapped, which no checksum of
        the network notices."""
        self._ask(f"damage {address} {other} {count}")

    def counts(self) -> dict[str, int]:
        """Packets until now: carried, lost, overtaken (by one that was sent later), damaged."""
        words = self._ask("counts").split()
        return {name: int(value) for name, value in (word.split("=") for word in words)}

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)


def open_device(namespace: str) -> int:
    """In the namespace; it is there for as long as the descriptor is open."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{namespace}") as place:
        if libc.setns(place.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TUN | IFF_NO_PI))
    return device


def swap_words(packet: bytes) -> bytes | None:
    """Two words of the payload that differ: the sum over all words, which is TCP's checksum, stays. None: no payload."""
    payload = (packet[0] & 15) * 4
    payload += (packet[payload + 12] >> 4) * 4
    if len(packet) - payload < DAMAGED_BYTES:
        return None
    last = payload + (len(packet) - payload) // 2 * 2 - 2
    for place in range(last - 2, payload, -2):
        if packet[place : place + 2] != packet[last : last + 2]:
            words = packet[last : last + 2], packet[place : place + 2]
            return packet[:place] + words[0] + packet[place + 2 : last] + words[1] + packet[last + 2 :]
    return None


class Carrier:
    """Packets under way, by when they arrive."""

    def __init__(self, rng: random.Random, devices: dict[bytes, int]) -> None:
        self.rng = rng
        self.devices = devices
        self.under_way: list[tuple[float, int, bytes]] = []
        self.loss, self.delay_s = 0.0, (0.0, 0.0)
        self.to_damage: tuple[set[bytes], int] = (set(), 0)
        self.sent = 0
        self.newest: dict[bytes, int] = {}
        self.counts = {"carried": 0, "lost": 0, "overtaken": 0, "damaged": 0}

    def take(self, packet: bytes) -> None:
        if packet[0] >> 4 != 4 or packet[16:20] not in self.devices:
            return
        if self.rng.random() < self.loss:
            self.counts["lost"] += 1
            return
        self.sent += 1
        arrival = time.monotonic() + self.rng.uniform(*self.delay_s)
        heapq.heappush(self.under_way, (arrival, self.sent, self._damaged(packet)))

    def _damaged(self, packet: bytes) -> bytes:
        pair, count = self.to_damage
        if count == 0 or packet[9] != TCP or {packet[12:16], packet[16:20]} != pair:
            return packet
        swapped = swap_words(packet)
        if swapped is None:
            return packet
        self.to_damage = (pair, count - 1)
        self.counts["damaged"] += 1
        return swapped

    def deliver(self) -> None:
        while self.under_way and self.under_way[0][0] <= time.monotonic():
            _, number, packet = heapq.heappop(self.under_way)
            receiver = packet[16:20]
            self.counts["overtaken"] += number < self.newest.get(receiver, 0)
            self.newest[receiver] = max(number, self.newest.get(receiver, 0))
            self.counts["carried"] += 1
            try:
                os.write(self.devices[receiver], packet)
            except OSError:
                self.counts["lost"] += 1  # nobody there, or a full queue: as a switch does

    def wait_s(self) -> float | None:
        return max(self.under_way[0][0] - time.monotonic(), 0) if self.under_way else None

    def obey(self, line: str) -> str:
        word, *values = line.split()
        if word == "set":
            self.loss, self.delay_s = float(values[0]), (float(values[1]) / 1000, float(values[2]) / 1000)
        elif word == "damage":
            self.to_damage = ({socket.inet_aton(values[0]), socket.inet_aton(values[1])}, int(values[2]))
        return " ".join(f"{name}={count}" for name, count in self.counts.items())


def main(seed: int, places: dict[str, str]) -> None:
    devices = {}
    for namespace, address in places.items():
        devices[socket.inet_aton(address)] = open_device(namespace)
        for words in (["addr", "add", f"{address}/24", "dev", "eth0"], ["link", "set", "eth0", "mtu", str(MTU), "up"]):
            subprocess.run(["ip", "-n", namespace, *words], check=True)
    carrier = Carrier(random.Random(seed), devices)
    print("carries", flush=True)
    while True:
        ready, _, _ = select.select([sys.stdin, *devices.values()], [], [], carrier.wait_s())
        for source in ready:
            if source is sys.stdin:
                line = sys.stdin.readline()
                if not line:
                    return
                print(carrier.obey(line), flush=True)
                continue
            try:
                carrier.take(os.read(source, MTU + 100))
            except BlockingIOError:
                continue
        carrier.deliver()


if __name__ == "__main__":
    main(int(sys.argv[1]), dict(word.split("=") for word in sys.argv[2:]))

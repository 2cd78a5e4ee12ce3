"""A real Kafka broker for the run, and its topics."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from harness.processes import ROOT, free_ports


class Broker:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, controller_port = free_ports(2)
        self.servers = f"127.0.0.1:{self.port}"
        self._environment = {
            **os.environ,
            "RUN_DIR": str(folder),
            "KAFKA_PORT": str(self.port),
            "KAFKA_CONTROLLER_PORT": str(controller_port),
        }

    def _script(self, name: str) -> None:
        subprocess.run([ROOT / "deploy" / "kafka" / name], env=self._environment, check=True, timeout=180)

    def start(self) -> None:
        self._script("start")

    def stop(self) -> None:
        self._script("stop")

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.servers, "log_level": 0})

    def create_topic(self, name: str, partitions: int = 3) -> str:
        admin = self.admin()
        admin.create_topics([NewTopic(name, partitions, 1)], operation_timeout=20)[name].result()
        return name

    def produce(self, topic: str, values: Sequence[bytes], partition: int | None = None) -> None:
        """In order; round robin over three partitions unless one is named."""
        producer = Producer({"bootstrap.servers": self.servers, "linger.ms": 5, "log_level": 0})
        for number, value in enumerate(values):
            producer.produce(topic, value=value, partition=number % 3 if partition is None else partition)
            if number % 1000 == 0:
                producer.poll(0)
        assert producer.flush(30) == 0

    def offsets(self, topic: str) -> dict[int, int]:
        """End offset of each partition."""
        consumer = Consumer({"bootstrap.servers": self.servers, "group.id": "harness", "log_level": 0})
        try:
            partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            return {
                partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
                for partition in partitions
            }
        finally:
            consumer.close()

    def multiset(self, topic: str) -> Counter[tuple[int, int]]:
        """Each (partition, offset) of a topic without gaps, once."""
        return Counter((partition, offset) for partition, end in self.offsets(topic).items() for offset in range(end))

    def consume(self, topic: str, count: int, timeout: float = 20) -> list[Message]:
        consumer = Consumer({"bootstrap.servers": self.servers, "group.id": f"harness-{topic}", "log_level": 0})
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        messages: list[Message] = []
        deadline = time.monotonic() + timeout
        while len(messages) < count and time.monotonic() < deadline:
            messages += [message for message in consumer.consume(count, 0.2) if message.error() is None]
        consumer.close()
        return messages

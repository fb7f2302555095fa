"""Queues of outgoing mail, with retries."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
BACKOFF = 2.0


class QueueError(Exception):
    """Something is wrong with the queue itself."""


class QueueFull(QueueError):
    """There is no room for another message."""


@dataclass
class Message:
    """One mail on its way."""

    sender: str
    recipients: list[str]
    body: str
    attempts: int = 0
    not_before: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)

    def is_due(self, now: float) -> bool:
        return self.not_before <= now

    def to_json(self) -> str:
        return json.dumps(
            {
                "sender": self.sender,
                "recipients": self.recipients,
                "body": self.body,
                "attempts": self.attempts,
            }
        )


class Transport:
    """Where messages go."""

    def send(self, message: Message) -> bool:
        raise NotImplementedError

    def close(self) -> None:
        pass


class Queue:
    """Messages in the order of their arrival."""

    def __init__(self, transport: Transport, limit: int = 1000) -> None:
        self.transport = transport
        self.limit = limit
        self._messages: deque[Message] = deque()
        self._failed: list[Message] = []

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def failed(self) -> list[Message]:
        return list(self._failed)

    def put(self, message: Message) -> None:
        """Appends a message.

        Raises QueueFull if there is no room.
        """
        if len(self._messages) >= self.limit:
            raise QueueFull(f"more than {self.limit} messages")
        self._messages.append(message)
        logger.debug("queued a message from %s", message.sender)

    def flush(self, now: float | None = None) -> int:
        """Sends what is due and returns how many messages went out."""
        now = time.time() if now is None else now
        sent = 0
        for _ in range(len(self._messages)):
            message = self._messages.popleft()
            if not message.is_due(now):
                self._messages.append(message)
                continue
            if self._attempt(message, now):
                sent += 1
        return sent

    def _attempt(self, message: Message, now: float) -> bool:
        message.attempts += 1
        try:
            ok = self.transport.send(message)
        except OSError as error:
            logger.warning("cannot send: %s", error)
            ok = False
        if ok:
            return True
        if message.attempts >= MAX_ATTEMPTS:
            self._failed.append(message)
            return False
        message.not_before = now + BACKOFF**message.attempts
        self._messages.append(message)
        return False

    def save(self, path: Path) -> None:
        lines = [message.to_json() for message in self._messages]
        path.write_text("\n".join(lines))

    def close(self) -> None:
        self.transport.close()


def load(path: Path, transport: Transport) -> Queue:
    queue = Queue(transport)
    for line in path.read_text().splitlines():
        queue.put(Message(**json.loads(line)))
    return queue


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    queue = load(Path("queue.jsonl"), Transport())
    try:
        while len(queue):
            queue.flush()
            time.sleep(1)
    finally:
        queue.close()


if __name__ == "__main__":
    main()

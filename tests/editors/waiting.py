"""Waiting with a deadline."""

import time


def until(what, condition, seconds=20, describe=None):
    """Waits until a condition holds, and returns what it returned; fails loudly after a while."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            state = f"\n{describe()}" if describe else ""
            raise AssertionError(f"waited {seconds} s in vain for {what}{state}")
        time.sleep(0.01)

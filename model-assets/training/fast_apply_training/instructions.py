"""The instruction that goes with a synthesized sketch: the commit subject, often reworded, or the reply's prose."""

from __future__ import annotations

import re
from random import Random

PREFIX = re.compile(r"^(?:[a-z]+(?:\([^)]*\))?!?:|\[[^\]]*\])\s*", re.IGNORECASE)
NUMBER = re.compile(r"\s*\(?#\d+\)?\.?$|\s*\([^)]*#\d+\)$")

OPENINGS = ("Please ", "Can you ", "Could you ", "", "", "", "I want to ", "Let's ", "Now ")
PROSE = (
    "Here's the updated {0}:", "Update {0} like this:", "Only {0} needs to change:", "Here is the change:",
    "Replace {0} with:", "The fix is in {0}.", "I updated {0}; everything else stays the same.", "Sure, here's the edit:",
    "You only need to touch {0}. The rest of the file is unchanged.", "Make these changes:",
)
REMOVALS = ("Remove {0}.", "Drop {0}.", "{0} is not needed any more, delete it.", "Also remove {0}.", "Get rid of {0}.", "Delete {0}.")


class Instructions:
    """`removals` are names or lines whose deletion only words tell; they are always said."""

    def __init__(self, subject: str, random: Random):
        self.subject = subject
        self.random = random
        self.removals: list[str] = []

    def write(self, shown_names: list[str]) -> str | None:
        random = self.random
        parts = []
        draw = random.random()
        if draw < 0.72:
            parts.append(self._request())
        if draw > 0.62 and draw < 0.88:
            name = f"`{random.choice(shown_names)}`" if shown_names else "the file"
            parts.append(random.choice(PROSE).format(name))
        elif shown_names and random.random() < 0.15:
            parts.append(f"It's in {random.choice(shown_names)}.")
        for removal in self.removals:
            text = f"`{removal}`" if random.random() < 0.7 else removal
            parts.append(random.choice(REMOVALS).format(text))
        text = " ".join(part for part in parts if part).strip()
        return text or None

    def _request(self) -> str:
        random = self.random
        subject = self.subject.strip()
        if random.random() < 0.6:
            subject = NUMBER.sub("", subject)
        if random.random() < 0.5:
            subject = PREFIX.sub("", subject) or subject
        if random.random() < 0.35 and subject[:1].isalpha():
            opening = random.choice(OPENINGS)
            subject = opening + (subject[0].lower() + subject[1:] if opening else subject)
        if random.random() < 0.4 and not subject.endswith("."):
            subject += random.choice((".", ".", "?"))
        return subject

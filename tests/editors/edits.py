"""The edits that are applied: what the file holds, what the chat model says, and what must come out."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Edit:
    """`name` is the file's; the texts are its bytes before and after."""

    name: str
    before: bytes
    reply: str
    after: bytes

    def with_line_endings(self, ending):
        return Edit(
            self.name,
            self.before.replace(b"\n", ending),
            self.reply,
            self.after.replace(b"\n", ending),
        )


def demo():
    """The README's: a source file of this project and a reply for it. The default model gets it right."""
    before = (ROOT / "server/text/src/line_ending.rs").read_text()
    reply = (ROOT / "tests/data/demo/reply.md").read_text()
    after = before.replace("PartialEq, Eq, Hash)", "PartialEq, Eq, PartialOrd, Ord, Hash)")
    after = after.replace("pub fn as_str", "pub const fn as_str")
    assert after != before
    return Edit("line_ending.rs", before.encode(), reply, after.encode())


def long(functions=60, every=6):
    """Many functions, of which every sixth changes and gets one more line."""
    return _functions("long.rs", functions, every, "the {n}. step")


def astral(functions=24, every=6):
    """The same with characters beyond the first plane, beside and inside what changes."""
    return _functions("astral.rs", functions, every, "𝔖𝔱𝔢𝔭 {n} 👩‍👩‍👧 é \U0001F680")


def at_the_end():
    """Two functions come behind the last one."""
    before = long(12).before.rstrip() + b"\n"
    added = "fn one_more() -> u64 {\n    1\n}\n\nfn and_more() -> u64 {\n    2\n}\n"
    reply = f"```rust\n// ... existing code ...\n{added}```\n"
    return Edit("end.rs", before, reply, before + b"\n" + added.encode())


def _functions(name, functions, every, phrase):
    before, after, sketch = [], [], []
    for n in range(functions):
        said = phrase.format(n=n)
        head, tail = f"/// {said}\nfn step_{n}(value: u64) -> u64 {{\n", "}\n\n"
        old = f"    let word = \"{said}\"; value + {n}\n"
        new = f"    let word = \"{said} 🦀\";\n    value * {n} + word.len() as u64\n"
        changes = n % every == every // 2
        before.append(head + old + tail)
        after.append(head + (new if changes else old) + tail)
        if changes:
            sketch.append(f"// ... existing code ...\n{head}{new}{tail}")
    reply = "Multiply instead:\n\n```rust\n" + "".join(sketch) + "// ... existing code ...\n```\n"
    return Edit(name, "".join(before).encode(), reply, "".join(after).encode())

"""From a commit's (before, after) to the sketch that a chat model would have written for it.

Work happens on the lines of `after`: a style chooses which of them to show, the
obligations below are met, and what stays hidden becomes markers. The result
determines `after` from `before`, as far as a careful programmer is concerned:

- every inserted or replaced line is shown;
- a deletion is shown by its two neighbours standing next to each other, or told
  by name in a comment or in the instruction;
- every shown run that carries a change has a line that occurs once in `before`,
  or the headers of the blocks it lies in.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from random import Random

from .blocks import Blocks
from .instructions import Instructions
from .markers import MarkerStyle, definition_name

STYLES = {
    "hunks": 27, "function": 17, "outline": 17, "imports+function": 9, "terse": 9,
    "bare function": 8, "head": 3, "whole": 3, "neighbours": 6,
}


@dataclass(frozen=True)
class Sketch:
    text: str
    instruction: str | None
    style: str


@dataclass(frozen=True)
class Change:
    """Lines [first, last) of `before` became lines [start, stop) of `after`."""

    first: int
    last: int
    start: int
    stop: int


def synthesize(before: str, after: str, language: str, subject: str, random: Random) -> Sketch | None:
    """A sketch for an edit, or None where this draw led to none that is determined."""
    writer = SketchWriter(before, after, language, subject, random)
    return writer.write()


def line_changes(before: list[str], after: list[str]) -> list[Change]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [Change(i, j, k, m) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"]


class SketchWriter:
    def __init__(self, before: str, after: str, language: str, subject: str, random: Random):
        self.random = random
        self.before = before.split("\n")
        self.after = after.split("\n")
        if self.before[-1] == "" and self.after[-1] == "":
            self.before.pop()
            self.after.pop()
        self.blocks = Blocks(self.after)
        self.changes = line_changes(self.before, self.after)
        self.occurrences: dict[str, int] = {}
        for line in self.before:
            self.occurrences[line.strip()] = self.occurrences.get(line.strip(), 0) + 1
        self.markers = MarkerStyle(language, random)
        self.instructions = Instructions(subject, random)
        self.shown = bytearray(len(self.after))
        self.remarks: dict[int, list[str]] = {}
        self.told: set[Change] = set()

    def write(self) -> Sketch | None:
        random = self.random
        if not self.after or not self.changes:
            return None
        style = random.choices(list(STYLES), list(STYLES.values()))[0]
        if style == "whole" and len(self.after) > 80:
            style = "hunks"
        self._tell_deletions()
        {
            "hunks": self._show_hunks,
            "function": self._show_functions,
            "outline": self._show_outline,
            "imports+function": self._show_functions,
            "terse": self._show_terse,
            "bare function": self._show_functions,
            "head": self._show_head,
            "whole": lambda: self._show(0, len(self.after)),
            "neighbours": self._show_neighbours,
        }[style]()
        self._meet_obligations()
        if style in ("function", "outline", "imports+function", "bare function", "head"):
            self._elide_inside()
        runs = self._runs()
        shown = sum(stop - start for start, stop in runs)
        if not runs and not self.remarks and not self.told:
            return None
        if shown > 30 and shown > 0.9 * len(self.after) and style != "whole" and random.random() < 0.8:
            return None
        text = self._render(runs, style)
        if not text.strip():
            return None
        names = [name for start, stop in runs for name in map(definition_name, self.after[start:stop]) if name]
        instruction = self.instructions.write(names)
        return Sketch(text.rstrip("\n") + "\n", instruction, style)

    # What is told in words instead of shown.

    def _tell_deletions(self) -> None:
        for change in self.changes:
            if change.start != change.stop:
                continue
            removed = [line for line in self.before[change.first : change.last] if line.strip()]
            if not removed:
                continue
            name = definition_name(removed[0])
            whole = name is not None and all(
                len(line) - len(line.lstrip()) >= len(removed[0]) - len(removed[0].lstrip()) for line in removed
            )
            if whole and len(removed) > 1:
                label = name + self.random.choice(("()", "", ""))
            elif len(removed) == 1 and len(removed[0].strip()) < 70 and self.occurrences[removed[0].strip()] == 1:
                label = removed[0].strip()
            else:
                continue
            draw = self.random.random()
            if draw < 0.14:
                form = self.random.choice(
                    ("removed: {}", "removed {}", "{} removed", "(removed {})", "deleted: {}", "remove {}", "`{}` removed", "... {} removed ...")
                )
                self.remarks.setdefault(change.start, []).append(form.format(label))
                if self.random.random() < 0.6:
                    self.told.add(change)
            elif draw < 0.26:
                self.instructions.removals.append(label)
                if self.random.random() < 0.5:
                    self.told.add(change)

    # Styles: which lines to show.

    def _show(self, start: int, stop: int) -> None:
        for index in range(max(start, 0), min(stop, len(self.after))):
            self.shown[index] = 1

    def _show_hunks(self) -> None:
        headers = self.random.random() < 0.4
        widest = self.random.choice((1, 2, 3, 3, 4))
        for change in self.changes:
            if change in self.told:
                continue
            above, below = self.random.randint(0, widest), self.random.randint(0, widest)
            self._show(change.start - above, change.stop + below)
            if headers:
                self._show_headers(change.start, all_levels=self.random.random() < 0.5)

    def _show_terse(self) -> None:
        for change in self.changes:
            if change in self.told:
                continue
            above, below = self.random.choice(((0, 0), (1, 0), (0, 1), (1, 1)))
            self._show(change.start - above, change.stop + below)

    def _show_head(self) -> None:
        last = self.changes[-1].stop
        if last > max(25, len(self.after) // 2):
            self._show_hunks()
            return
        self._show(0, last + self.random.randint(0, 3))

    def _show_neighbours(self) -> None:
        """Whole changed definitions, with the header or the last lines of those around them."""
        self._show_functions()
        for start, stop in self._runs():
            if self.random.random() < 0.6:
                self._show(start - self.random.randint(2, 4), start)
            if self.random.random() < 0.6:
                self._show(stop, stop + self.random.randint(2, 3))

    def _show_functions(self) -> None:
        comments = self.random.random() < 0.5
        limit = self.random.choice((25, 40, 60, 90))
        outermost = self.random.random() < 0.15
        for change in self.changes:
            if change in self.told:
                continue
            self._show_definition(change, comments, limit, outermost)

    def _show_definition(self, change: Change, comments: bool, limit: int, outermost: bool) -> None:
        shown_until = change.start
        lines = range(change.start, change.stop) if change.start < change.stop else (change.start,)
        for index in lines:
            if index < shown_until or index >= len(self.after) or self.blocks.indents[index] is None:
                continue
            span = self.blocks.definition(index, outermost) or self.blocks.definition(index)
            if span is None:
                self._show(index, index + 1)
                continue
            stop = self.blocks.end(*span)
            if stop - span[0] > limit:
                around = self.random.randint(1, 3)
                self._show(span[0], span[1] + 1)
                self._show(change.start - around, change.stop + around)
                return
            self._show(self.blocks.lead(span[0], comments), stop)
            shown_until = stop
        self._show(change.start, change.stop)
        if change.start == change.stop and not self.shown[min(change.start, len(self.after) - 1)]:
            self._show(change.start - 1, change.start + 1)

    def _show_outline(self) -> None:
        """Headers of every enclosing block, changed members whole, others hidden or reduced to their signature."""
        comments = self.random.random() < 0.5
        closers = self.random.random() < 0.8
        for change in self.changes:
            if change in self.told:
                continue
            self._show_definition(change, comments, 60, False)
            anchor = min(change.start, len(self.after) - 1)
            for first, last in self.blocks.headers(anchor):
                self._show(first, last + 1)
                stop = self.blocks.end(first, last)
                if closers and stop - 1 > last and re.match(r"^\s*(?:[)}\]]|end\b)", self.after[stop - 1]):
                    self._show(stop - 1, stop)
        if self.random.random() < 0.3:
            self._show_signatures()

    def _show_signatures(self) -> None:
        for index in range(len(self.after)):
            if not self.shown[index] and definition_name(self.after[index]) and self.random.random() < 0.3:
                span = self.blocks.own_header(index)
                if span:
                    stop = self.blocks.end(*span[0])
                    self._show(index, index + 1)
                    if re.match(r"^\s*(?:[)}\]]|end\b)", self.after[stop - 1]):
                        self._show(stop - 1, stop)

    def _show_headers(self, index: int, all_levels: bool) -> None:
        headers = self.blocks.headers(min(index, len(self.after) - 1))
        for first, last in headers if all_levels else headers[:1]:
            self._show(first, last + 1)

    # Obligations.

    def _meet_obligations(self) -> None:
        for change in self.changes:
            if change in self.told:
                continue
            self._show(change.start, change.stop)
            needs_edges = change.last > change.first and not self._is_alike(change)
            if needs_edges:
                self._show_edge(change.start - 1, -1)
                self._show_edge(change.stop, 1)
            elif change.first == change.last:
                above = change.start == 0 or self.shown[change.start - 1]
                below = change.stop >= len(self.after) or self.shown[change.stop]
                if not above and not below:
                    self._show_edge(*((change.start - 1, -1) if self.random.random() < 0.7 else (change.stop, 1)))
        for start, stop in self._runs():
            self._anchor(start, stop)

    def _is_alike(self, change: Change) -> bool:
        """Whether each new line is plainly the new form of one old line, so that it needs no neighbours."""
        old, new = self.before[change.first : change.last], self.after[change.start : change.stop]
        return len(old) == len(new) and all(
            self.occurrences[a.strip()] == 1 and difflib.SequenceMatcher(None, a.strip(), b.strip()).ratio() > 0.6
            for a, b in zip(old, new)
        )

    def _show_edge(self, index: int, step: int) -> None:
        """Shows lines from `index` on, through blank ones, up to the first that says something."""
        while 0 <= index < len(self.after):
            self.shown[index] = 1
            if self.after[index].strip():
                return
            index += step

    def _anchor(self, start: int, stop: int) -> None:
        changed = set()
        alike = False
        for change in self.changes:
            if change.stop >= start and change.start <= stop:
                changed.update(range(change.start, change.stop))
                alike = alike or (change.last > change.first and self._is_alike(change))
        if alike or self._is_anchored(start, stop, changed):
            return
        for distance in range(1, 7):
            self._show(start - distance, start)
            if self._is_anchored(start - distance, stop, changed):
                return
            if distance <= 3:
                self._show(stop, stop + distance)
                if self._is_anchored(start - distance, stop + distance, changed):
                    return
        self._show_headers(start, all_levels=True)

    def _is_anchored(self, start: int, stop: int, changed: set[int]) -> bool:
        return any(
            index not in changed and len(self.after[index].strip()) > 4 and self.occurrences.get(self.after[index].strip()) == 1
            for index in range(max(start, 0), min(stop, len(self.after)))
        )

    def _elide_inside(self) -> None:
        """Hides long unchanged stretches inside what is shown, away from changes and headers."""
        if self.random.random() < 0.5:
            return
        protected = bytearray(len(self.after))
        for change in self.changes:
            for index in range(max(change.start - 2, 0), min(change.stop + 2, len(self.after))):
                protected[index] = 1
        for start, stop in self._runs():
            for index in (start, start + 1, stop - 1):
                if 0 <= index < len(self.after):
                    protected[index] = 1
            index = start
            while index < stop:
                end = index
                while end < stop and not protected[end]:
                    end += 1
                if end - index >= 4 and self.random.random() < 0.75:
                    for hidden in range(index, end):
                        if not (self.blocks.own_header(hidden) and definition_name(self.after[hidden]) and self.random.random() < 0.5):
                            self.shown[hidden] = 0
                index = max(end, index) + 1

    # From shown lines to text.

    def _runs(self) -> list[tuple[int, int]]:
        runs, start = [], None
        for index, flag in enumerate(self.shown):
            if flag and start is None:
                start = index
            elif not flag and start is not None:
                runs.append((start, index))
                start = None
        if start is not None:
            runs.append((start, len(self.shown)))
        return runs

    def _render(self, runs: list[tuple[int, int]], style: str) -> str:
        random = self.random
        bare = style == "bare function" or (style in ("terse", "function") and random.random() < 0.12)
        leading = not bare and random.random() < {"hunks": 0.4, "terse": 0.25, "function": 0.3, "outline": 0.2}.get(style, 0.25)
        trailing = not bare and random.random() < {"hunks": 0.6, "terse": 0.5, "head": 0.9, "outline": 0.6}.get(style, 0.5)
        inner = not bare or len(runs) > 1
        if not runs:
            leading = trailing = True
        flat = random.random() < 0.1
        spaced = random.random() < 0.65
        dedent = style in ("function", "bare function", "terse", "hunks", "neighbours") and random.random() < (0.35 if style == "bare function" else 0.15)
        output: list[str] = []
        position = 0
        for start, stop in [*runs, (len(self.after), len(self.after))]:
            at_end = start == len(self.after)
            wanted = leading if position == 0 and start > 0 else trailing if at_end else inner
            self._render_hidden(output, position, start, wanted, flat, spaced, at_end)
            indent = self._common_indent(start, stop) if dedent else 0
            for index in range(start, stop):
                for remark in self.remarks.get(index, ()) if index > start else ():
                    output.append(self._indentation(index)[indent:] + self.markers.comment(remark))
                output.append(self.after[index][indent:] if self.after[index].strip() else self.after[index])
            position = stop
        while output and not output[0].strip():
            output.pop(0)
        return "\n".join(output)

    def _render_hidden(self, output, start, stop, wanted, flat, spaced, at_end) -> None:
        random = self.random
        hidden = self.after[start:stop]
        remarks = [(index, text) for index in range(start, stop + 1) for text in self.remarks.get(index, ())]
        if not any(line.strip() for line in hidden):
            if random.random() < 0.85:
                output.extend(hidden)
            output.extend(self._indentation(index) + self.markers.comment(text) for index, text in remarks)
            return
        blanks_before = len(hidden) - len("\n".join(hidden).lstrip("\n").split("\n")) if hidden else 0
        blanks_after = 0
        while blanks_after < len(hidden) and not hidden[-1 - blanks_after].strip():
            blanks_after += 1
        blanks_before = 0
        while blanks_before < len(hidden) and not hidden[blanks_before].strip():
            blanks_before += 1
        first = start + blanks_before
        indent = "" if flat else self._indentation(first)
        if output and (blanks_before if spaced else random.random() < 0.1):
            output.append("")
        for index, text in remarks:
            if index <= first:
                output.append(indent + self.markers.comment(text))
        if wanted:
            place = "head" if start == 0 else "tail" if at_end else self._place(first, stop)
            output.append(indent + self.markers.marker(hidden, place))
        for index, text in remarks:
            if index > first:
                output.append(("" if flat else self._indentation(index)) + self.markers.comment(text))
        if not at_end and (blanks_after if spaced else random.random() < 0.1):
            output.extend([""] * (blanks_after if random.random() < 0.7 else 1))

    def _place(self, first: int, stop: int) -> str:
        if self.blocks.indent(first) == 0:
            return "between"
        return "members" if any(map(definition_name, self.after[first:stop])) else "body"

    def _indentation(self, index: int) -> str:
        while index < len(self.after) and not self.after[index].strip():
            index += 1
        if index >= len(self.after):
            return ""
        line = self.after[index]
        return line[: len(line) - len(line.lstrip())]

    def _common_indent(self, start: int, stop: int) -> int:
        widths = [len(line) - len(line.lstrip()) for line in self.after[start:stop] if line.strip()]
        return min(widths, default=0)

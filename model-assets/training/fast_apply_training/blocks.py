"""The block structure of source text, from indentation alone, for any of our languages."""

from __future__ import annotations

import re

from .markers import is_definition

CLOSER = re.compile(r"^(?:[)}\]]|end\b|else\b|elif\b|except\b|finally\b|rescue\b|ensure\b|catch\b|when\b|#endif|#else|\{\s*$|\*/|where\b)")
LEADING = re.compile(r"^(?:@|#\[|#!\[|///|//|/\*|\*|#|\[\[|template\s*<)")


class Blocks:
    """Headers and extents of the indented blocks of a list of lines."""

    def __init__(self, lines: list[str]):
        self.lines = lines
        self.indents = [None if not line.strip() else len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip()) for line in lines]

    def indent(self, index: int) -> int:
        return self.indents[index] or 0

    def headers(self, index: int) -> list[tuple[int, int]]:
        """Spans (first, last line) of the headers around a line, innermost first."""
        found = []
        while index < len(self.lines) and self.indents[index] is None:
            index += 1
        if index >= len(self.lines):
            return found
        level = self.indent(index)
        position = index - 1
        if CLOSER.match(self.lines[index].strip()):
            level += 1
        while level > 0 and position >= 0:
            indent = self.indents[position]
            if indent is None or indent >= level or self.lines[position].lstrip().startswith("#if"):
                position -= 1
                continue
            last = position
            while position > 0 and CLOSER.match(self.lines[position].strip()):
                position -= 1
                while position > 0 and (self.indents[position] is None or self.indent(position) > indent):
                    position -= 1
                if self.indent(position) < indent:
                    break
            found.append((position, last))
            level = self.indent(position)
            position -= 1
        return found

    def end(self, header_first: int, header_last: int) -> int:
        """One past the last line of the block that a header opens, closing line included."""
        level = self.indent(header_first)
        last = header_last
        for position in range(header_last + 1, len(self.lines)):
            indent = self.indents[position]
            if indent is None:
                continue
            if indent > level:
                last = position
                continue
            text = self.lines[position].strip()
            if indent == level and CLOSER.match(text):
                last = position
                if re.match(r"^(?:[)}\]]+[;,)]*\s*$|end\b)", text):
                    break
                continue
            break
        return last + 1

    def lead(self, first: int, comments: bool) -> int:
        """Where the decorators (and, if wanted, the comments) that belong to a header begin."""
        level = self.indent(first)
        while first > 0 and self.indents[first - 1] is not None:
            text = self.lines[first - 1].strip()
            if self.indent(first - 1) < level or not LEADING.match(text):
                break
            if not comments and not re.match(r"^(?:@|#\[|template)", text):
                break
            first -= 1
        return first

    def definition(self, index: int, outermost: bool = False) -> tuple[int, int] | None:
        """The (first, last) header span of the definition around a line."""
        spans = [span for span in self.own_header(index) + self.headers(index) if is_definition(self.lines[span[0]])]
        if not spans:
            return None
        return spans[-1] if outermost else spans[0]

    def own_header(self, index: int) -> list[tuple[int, int]]:
        """The line itself, if it opens a block."""
        following = index + 1
        while following < len(self.lines) and self.indents[following] is None:
            following += 1
        if following < len(self.lines) and self.indents[index] is not None and self.indent(following) > self.indent(index):
            return [(index, index)]
        return []

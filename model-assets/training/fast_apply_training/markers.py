"""Wordings of markers ("... existing code ...") as chat models write them, in the comment syntax of a language."""

from __future__ import annotations

import re
from random import Random

HASH_LANGUAGES = {"python", "ruby"}
BLOCK_COMMENT_LANGUAGES = {"c", "cpp", "java", "typescript", "javascript"}

DEFINITION = re.compile(
    r"^\s*(?:(?:pub(?:\([^)]*\))?|public|private|protected|internal|static|final|abstract|async|export|default|open|"
    r"override|suspend|inline|data|sealed|const|unsafe|extern|declare|virtual|constexpr|friend)\s+)*"
    r"(?:def|class|fn|func|fun|function\*?|struct|enum|trait|interface|impl|module|object|type|mod|namespace|macro_rules!|union)"
    r"(?:\s*<[^>]*>)?\s+(?:\([^)]*\)\s*)?(?:self\.)?([A-Za-z_$][\w$]*[?!]?)"
)
CALLABLE = re.compile(r"^\s*(?:[\w$<>\[\],.*&:?~@]+\s+)*[*&]?([A-Za-z_~$][\w$]*)\s*(?:<[^>]*>)?\([^;]*(?:\{|\)\s*\{?|,)\s*$")
TEST_CALL = re.compile(r"^\s*(?:describe|it|test|context|should|TEST|TEST_F)\s*\(?\s*['\"(]")
NOT_NAMES = {"if", "for", "while", "switch", "return", "catch", "match", "else", "do", "with", "assert", "await", "new", "throw", "sizeof", "elif", "and", "or", "not", "in"}


def definition_name(line: str) -> str | None:
    """The name that a line defines, as far as its text alone tells."""
    found = DEFINITION.match(line) or CALLABLE.match(line)
    if found is None or found.group(1) in NOT_NAMES:
        return None
    words = line.split()
    return None if words and words[0] in NOT_NAMES else found.group(1)


def is_definition(line: str) -> bool:
    return definition_name(line) is not None or TEST_CALL.match(line) is not None


GENERIC = (
    "existing code", "existing code", "existing code", "existing code", "rest of the code", "unchanged", "unchanged",
    "unchanged code", "code unchanged", "rest unchanged", "keep existing code", "other code", "same as before", "snip",
    "remaining code", "existing code remains unchanged", "stays the same", "(unchanged)", "previous code", "no changes here",
)
BODY = (
    "body unchanged", "rest of the function unchanged", "rest of the function", "function body unchanged", "unchanged",
    "rest of the method unchanged", "same as before", "rest of the body stays the same", "existing logic", "implementation unchanged",
    "rest of function", "existing code", "rest unchanged", "setup unchanged",
)
MEMBERS = (
    "other methods", "other methods unchanged", "rest of the class unchanged", "existing methods", "rest of the class",
    "remaining methods unchanged", "other members", "existing fields and methods", "rest of the methods stay the same",
    "other fields unchanged",
)
TAIL = (
    "rest of the file unchanged", "rest of the file", "rest of the code unchanged", "rest of file stays the same",
    "remaining code unchanged", "rest of the module unchanged", "everything else stays the same", "rest unchanged",
)
HEAD = (
    "imports unchanged", "imports", "existing imports", "imports stay the same", "license header and imports unchanged",
    "imports and setup unchanged", "file header unchanged", "previous code",
)
TESTS = ("existing tests", "other tests unchanged", "rest of the tests", "other tests", "remaining tests unchanged")
NAMED = (
    "{0} unchanged", "{0} stays the same", "{0}", "{0} and the rest unchanged", "existing {0}", "rest of {0} unchanged",
    "{0} as before", "same {0}",
)
MANY = ("{0}, {1} unchanged", "{0} and {1} unchanged", "{0}, {1}, ...", "{0} through {1} unchanged", "{0}, {1} etc. stay the same")


class MarkerStyle:
    """How one reply words its markers. A reply is mostly consistent with itself, and so is a style."""

    def __init__(self, language: str, random: Random):
        self.random = random
        self.language = language
        self.family = random.choices(("generic", "bare", "described", "mixed"), (34, 26, 22, 18))[0]
        self.generic = random.choice(GENERIC)
        self.capital = random.random() < 0.06
        self.dots = random.choices(("both", "before", "after", "unicode", "none"), (78, 11, 3, 3, 5))[0]
        hashed = language in HASH_LANGUAGES
        self.prefix = "# " if hashed else "// "
        self.suffix = ""
        draw = random.random()
        if language in BLOCK_COMMENT_LANGUAGES and draw < 0.09:
            self.prefix, self.suffix = "/* ", " */"
        elif draw > 0.985:
            self.prefix, self.suffix = ("// " if hashed else "# "), ""
        elif draw > 0.96:
            self.prefix, self.suffix = "", ""
        elif draw > 0.94:
            self.prefix = self.prefix.strip()

    def comment(self, text: str) -> str:
        return (self.prefix or ("# " if self.language in HASH_LANGUAGES else "// ")) + text + self.suffix

    def marker(self, hidden: list[str], place: str) -> str:
        """A marker for the hidden lines; `place` is head, tail, body, members or between."""
        random = self.random
        family = self.family if self.family != "mixed" else random.choice(("generic", "bare", "described"))
        if self.prefix == "" or family == "bare":
            return self.prefix + ("…" if self.dots == "unicode" else "...") + self.suffix
        text = self.generic
        if family == "described":
            text = self._described(hidden, place)
        elif random.random() < 0.15:
            text = random.choice(GENERIC)
        if self.capital:
            text = text[0].upper() + text[1:]
        dots = self.dots
        if dots == "none" and not any(word in text for word in ("unchanged", "same", "exist", "rest", "remain")):
            dots = "both"
        text = {"both": f"... {text} ...", "before": f"... {text}", "after": f"{text} ...", "unicode": f"… {text} …", "none": text}[dots]
        if dots == "none" and random.random() < 0.5:
            text = f"({text.strip('()')})"
        return self.prefix + text + self.suffix

    def _described(self, hidden: list[str], place: str) -> str:
        random = self.random
        names = [name for name in map(definition_name, hidden) if name]
        if place != "body" and any(name.lower().startswith("test") for name in names) and random.random() < 0.5:
            return random.choice(TESTS)
        if names and random.random() < 0.5:
            shown = [name + random.choice(("()", "", "")) for name in names]
            if random.random() < 0.25:
                shown = [f"`{name}`" for name in shown]
            if len(shown) == 1 or random.random() < 0.3:
                return random.choice(NAMED).format(shown[0])
            return random.choice(MANY).format(shown[0], shown[-1] if random.random() < 0.5 else shown[1])
        wordings = {"head": HEAD, "tail": TAIL, "body": BODY, "members": MEMBERS}.get(place, GENERIC)
        return random.choice(wordings)

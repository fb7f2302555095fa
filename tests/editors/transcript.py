"""What an editor says about a document, cut down to what a model of that editor has to reproduce.

A transcript has one JSON object on a line. The first names the editor, `{"case"}` begins a document, and the rest is
what happened to it, with the time in milliseconds since it was opened and positions as `[line, column]`:

    {"ms", "opened": {"version", "text"}}                       by the editor
    {"ms", "edit": {"id", "version", "edits": [{"range", "text"}]}}    asked of it
    {"ms", "answer": {"id", "applied"}}                         what it said to that
    {"ms", "changed": {"version", "changes": [{"range", "text"}]}}     what it told of its text
    {"ms", "user": {"typed", "at"}} or {"ms", "user": {"undid": true}}
"""

import json
import time

from waiting import until

#: How many units a character takes in each encoding of positions.
WIDTHS = {
    "utf-8": lambda character: len(character.encode()),
    "utf-16": lambda character: 1 + (ord(character) > 0xFFFF),
    "utf-32": lambda character: 1,
}


class Stage:
    """A document in an editor, on which a test does one thing after another."""

    def __init__(self, workbench, editor, path):
        self.workbench, self.editor, self.path = workbench, editor, path
        self.uri = until("the document", self.find_uri)
        answers = (message["result"] for message in workbench.messages("server") if "result" in message)
        capabilities = next(it["capabilities"] for it in answers if it and "capabilities" in it)
        self.encoding = capabilities["positionEncoding"]

    def find_uri(self):
        opened = self.workbench.messages("editor", "textDocument/didOpen")
        uris = (message["params"]["textDocument"]["uri"] for message in opened)
        return next((uri for uri in uris if uri.endswith(f"/{self.path.name}")), None)

    def edit(self, *replacements, behind=0):
        """Asks the editor to replace texts by others, for a version that many behind what it has told."""
        version, text = self.told()
        edits = []
        for old, new in replacements:
            # Nothing stands at the end.
            assert not old or text.count(old) == 1, f"{old!r} is not there once"
            start = text.index(old) if old else len(text)
            ends = {"start": start, "end": start + len(old)}
            edits.append({"range": {name: self.position(text, at) for name, at in ends.items()}, "newText": new})
        document = {"uri": self.uri, "version": version - behind}
        change = {"documentChanges": [{"textDocument": document, "edits": edits}]}
        request = {"method": "workspace/applyEdit", "params": {"edit": change}}
        self.workbench.ask({"ask_editor": request})

    def types(self, text):
        """The user types at the start of the document."""
        self.workbench.ask({"note": {"uri": self.uri, "typed": text, "at": [0, 0]}})
        self.editor.type_at_start(self.path, text)

    def undoes(self):
        before = self.text()
        self.workbench.ask({"note": {"uri": self.uri, "undid": True}})
        self.editor.undo()
        until("the text to change", lambda: self.text() != before)

    def settle(self):
        """Waits until the editor has told all that it has."""
        until("the text to be told", lambda: self.told()[1] == self.text(), 20, lambda: f"{self.told()} {self.text()}")
        # An editor that holds back what follows quickly does the same every time only if nothing does.
        time.sleep(self.editor.holds_back_seconds)

    def text(self):
        return self.editor.text(self.path).decode()

    def told(self):
        """The version and the text that the editor has told."""
        version, text = None, None
        for entry in self.entries():
            if "opened" in entry:
                version, text = entry["opened"]["version"], entry["opened"]["text"]
            elif "changed" in entry:
                version = entry["changed"]["version"]
                for change in entry["changed"]["changes"]:
                    start, end = (offset(text, at, self.encoding) for at in change["range"])
                    text = text[:start] + change["text"] + text[end:]
        return version, text

    def position(self, text, index):
        before = text[:index].split("\n")
        return {"line": len(before) - 1, "character": sum(map(WIDTHS[self.encoding], before[-1]))}

    def entries(self):
        """The transcript of this document."""
        entries, numbers, start = [], {}, None
        for line in self.workbench.tapped_lines():
            entry = trim(line["message"], line["from"], self.uri, numbers)
            if entry:
                start = line["ms"] if start is None else start
                entries.append({"ms": int(line["ms"] - start), **entry})
        return entries


def trim(message, sender, uri, numbers):
    """A message as an entry of the transcript, if it is about the document; `numbers` are those of the edits so far."""
    if sender == "test":
        return {"user": {name: it for name, it in message.items() if name != "uri"}} if message["uri"] == uri else None
    params = message.get("params") or {}
    method = message.get("method")
    if method == "workspace/applyEdit":
        [change] = params["edit"]["documentChanges"]
        if change["textDocument"]["uri"] != uri:
            return None
        numbers[message["id"]] = len(numbers) + 1
        edits = [{"range": flat(it["range"]), "text": it["newText"]} for it in change["edits"]]
        return {"edit": {"id": numbers[message["id"]], "version": change["textDocument"]["version"], "edits": edits}}
    if sender == "editor" and method is None and message.get("id") in numbers:
        applied = (message.get("result") or {}).get("applied", False)
        return {"answer": {"id": numbers[message["id"]], "applied": applied}}
    document = params.get("textDocument") if sender == "editor" else None
    if not document or document["uri"] != uri:
        return None
    if method == "textDocument/didOpen":
        return {"opened": {"version": document["version"], "text": document["text"]}}
    if method == "textDocument/didChange":
        changes = [{"range": flat(it["range"]), "text": it["text"]} for it in params["contentChanges"]]
        return {"changed": {"version": document["version"], "changes": changes}}
    return None


def flat(positions):
    return [[positions[end]["line"], positions[end]["character"]] for end in ("start", "end")]


def offset(text, position, encoding):
    line, column = position
    lines = text.split("\n")
    if line >= len(lines):
        return len(text)
    at = sum(len(it) + 1 for it in lines[:line])
    for character in lines[line]:
        if column <= 0:
            break
        column -= WIDTHS[encoding](character)
        at += 1
    return at


def written(entries):
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def untimed(entries):
    """What must be the same in every run."""
    return [{name: it for name, it in entry.items() if name != "ms"} for entry in entries]

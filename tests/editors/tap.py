"""Stands between an editor and its server: writes down every message, and lets a test speak to the server.

    tap.py LOG CONTROL -- COMMAND...

LOG gets one JSON object for each message: {"ms", "from": "editor" or "server", "message"}. On the Unix socket CONTROL
a test sends one JSON object on a line. {"method", "params"} asks the server and answers with its response, and
{"kill": true} kills it; the editor never sees any of this. {"ask_editor": {"method", "params"}} asks the editor in the
server's name, which never sees it, and answers with the response. {"note": ...} writes an entry "from": "test".
"""

import itertools
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time


class Tap:
    def __init__(self, log_path, control_path, command):
        self.log = open(log_path, "w", encoding="utf-8")
        self.start = time.monotonic()
        self.server_lock = threading.Lock()
        self.editor_lock = threading.Lock()
        self.log_lock = threading.Lock()
        self.waiting = {}
        self.numbers = itertools.count()
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.control = socket.socket(socket.AF_UNIX)
        self.control.bind(control_path)
        self.control.listen()

    def run(self):
        for work in (self.from_editor, self.from_test):
            threading.Thread(target=work, daemon=True).start()
        self.from_server()
        return self.server.wait()

    def from_editor(self):
        while (message := read_message(sys.stdin.buffer)) is not None:
            self.note("editor", message)
            if not self.hand_over(message):
                self.to_server(message)
        self.server.stdin.close()

    def from_server(self):
        while (message := read_message(self.server.stdout)) is not None:
            if not self.hand_over(message):
                self.to_editor(message)

    def hand_over(self, message):
        """Whether a message is the answer to a test's question; then only the test gets it."""
        if "method" in message or message.get("id") not in self.waiting:
            return False
        self.waiting.pop(message["id"]).put(message)
        return True

    def from_test(self):
        while True:
            connection, _ = self.control.accept()
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with connection, connection.makefile("rw", encoding="utf-8") as lines:
            request = json.loads(lines.readline())
            if request.get("kill"):
                # This process ends with the server, so that it answers before.
                lines.write("{}\n")
                lines.flush()
                return self.server.kill()
            if "note" in request:
                self.note("test", request["note"])
                answer = {}
            elif "ask_editor" in request:
                answer = self.ask(self.to_editor, request["ask_editor"])
            else:
                answer = self.ask(self.to_server, request)
            lines.write(json.dumps(answer) + "\n")

    def ask(self, send, request):
        # Some clients take numbers only; the server's own never come near these.
        number = 1_000_000 + next(self.numbers)
        answers = self.waiting[number] = queue.Queue()
        send({"jsonrpc": "2.0", "id": number, **request})
        return answers.get(timeout=30)

    def to_editor(self, message):
        with self.editor_lock:
            self.note("server", message)
            write_message(sys.stdout.buffer, message)

    def to_server(self, message):
        with self.server_lock:
            try:
                write_message(self.server.stdin, message)
            except (BrokenPipeError, ValueError):
                # The server is gone, which the editor learns from the end of its output.
                pass

    def note(self, sender, message):
        ms = round(1000 * (time.monotonic() - self.start), 1)
        with self.log_lock:
            self.log.write(json.dumps({"ms": ms, "from": sender, "message": message}) + "\n")
            self.log.flush()


def read_message(stream):
    length = None
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if length is None:
        return None
    body = stream.read(length)
    return json.loads(body) if len(body) == length else None


def write_message(stream, message):
    body = json.dumps(message, ensure_ascii=False).encode()
    stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    stream.flush()


if __name__ == "__main__":
    separator = sys.argv.index("--")
    code = Tap(*sys.argv[1:separator], sys.argv[separator + 1 :]).run()
    # Killed is killed, also for the editor; the threads that still read cannot be ended otherwise.
    os._exit(code if code >= 0 else 128 - code)

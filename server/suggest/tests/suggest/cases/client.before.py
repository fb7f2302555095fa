"""A small client."""
import json
import time
import urllib.request


class Client:
    """Talks to one server."""

    def __init__(self, base, timeout=10):
        self.base = base
        self.timeout = timeout

    def get(self, path):
        """Fetch one document."""
        url = self.base + path
        with urllib.request.urlopen(url, timeout=self.timeout) as reply:
            return json.load(reply)

    def wait(self, path):
        while True:
            document = self.get(path)
            if document["done"]:
                return document
            time.sleep(1)


def _legacy_get(base, path):
    client = Client(base)
    return client.get(path)


def fetch_all(client, paths):
    return [client.get(path) for path in paths]

"""A small client."""
import json
import time
import urllib.request


class Client:
    """Talks to one server."""

    def __init__(self, base, timeout=10, retries=3):
        self.base = base
        self.timeout = timeout
        self.retries = retries

    def get(self, path):
        """Fetch one document."""
        url = self.base + path
        for attempt in range(self.retries):
            try:
                with urllib.request.urlopen(url, timeout=self.timeout) as reply:
                    return json.load(reply)
            except ConnectionError:
                time.sleep(attempt)
        raise ConnectionError(url)

    def wait(self, path):
        while True:
            document = self.get(path)
            if document["done"]:
                return document
            time.sleep(1)


def fetch_all(client, paths):
    return [client.get(path) for path in paths]

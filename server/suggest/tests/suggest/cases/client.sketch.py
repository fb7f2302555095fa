Both methods change, and `_legacy_get` is gone.

```python
class Client:
    # ...

    def __init__(self, base, timeout=10, retries=3):
        # ... as before ...
        self.timeout = timeout
        self.retries = retries

    def get(self, path):
        url = self.base + path
        for attempt in range(self.retries):
            try:
                with urllib.request.urlopen(url, timeout=self.timeout) as reply:
                    return json.load(reply)
            except ConnectionError:
                time.sleep(attempt)
        raise ConnectionError(url)

    # ... wait() unchanged ...


# removed: _legacy_get

# ... rest of the file ...
```

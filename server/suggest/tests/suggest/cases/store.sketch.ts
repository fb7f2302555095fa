```ts
set(key: Key, value: Value): Value | undefined {
  // ... limit check unchanged ...
  const previous = this.values.get(key)
  this.values.set(key, value)
  this.emit('set', key, previous)
  return previous
}
```

The cache counts hits and misses, and `hit_rate` goes after `get`:

```rust
pub struct Cache {
    // ... existing fields ...
    capacity: usize,
    hits: u64,
    misses: u64,
}

// ... Entry unchanged ...

impl Cache {
    pub fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity, hits: 0, misses: 0 }
    }

    pub fn get(&mut self, key: &str) -> Option<u64> {
        let Some(entry) = self.entries.get_mut(key) else {
            self.misses += 1;
            return None;
        };
        self.hits += 1;
        // ... rest of the method ...
    }

    /// The share of look-ups that found a value.
    pub fn hit_rate(&self) -> f64 {
        self.hits as f64 / (self.hits + self.misses) as f64
    }

    // ... put and evict unchanged ...
}
```

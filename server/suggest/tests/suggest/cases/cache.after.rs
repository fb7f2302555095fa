use std::collections::HashMap;
use std::time::Instant;

/// A cache of computed values.
pub struct Cache {
    entries: HashMap<String, Entry>,
    capacity: usize,
    hits: u64,
    misses: u64,
}

struct Entry {
    value: u64,
    used: Instant,
}

impl Cache {
    pub fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity, hits: 0, misses: 0 }
    }

    /// The value for a key.
    #[inline]
    pub fn get(&mut self, key: &str) -> Option<u64> {
        let Some(entry) = self.entries.get_mut(key) else {
            self.misses += 1;
            return None;
        };
        self.hits += 1;
        entry.used = Instant::now();
        Some(entry.value)
    }

    /// The share of look-ups that found a value.
    pub fn hit_rate(&self) -> f64 {
        self.hits as f64 / (self.hits + self.misses) as f64
    }

    pub fn put(&mut self, key: &str, value: u64) {
        if self.entries.len() == self.capacity {
            self.evict();
        }
        self.entries.insert(key.to_owned(), Entry { value, used: Instant::now() });
    }

    fn evict(&mut self) {
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            self.entries.remove(&key);
        }
    }
}

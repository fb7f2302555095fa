use std::collections::HashMap;
use std::time::Instant;

/// A cache of computed values.
pub struct Cache {
    entries: HashMap<String, Entry>,
    capacity: usize,
}

struct Entry {
    value: u64,
    used: Instant,
}

impl Cache {
    pub fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity }
    }

    /// The value for a key.
    #[inline]
    pub fn get(&mut self, key: &str) -> Option<u64> {
        let entry = self.entries.get_mut(key)?;
        entry.used = Instant::now();
        Some(entry.value)
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

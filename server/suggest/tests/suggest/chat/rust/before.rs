//! A small cache with a limit on its size.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheError {
    /// The value alone is larger than the limit.
    TooLarge { size: usize, limit: usize },
    /// The entry is too old.
    Expired,
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size, limit } => write!(f, "{size} bytes, but the limit is {limit}"),
            Self::Expired => write!(f, "the entry has expired"),
        }
    }
}

impl std::error::Error for CacheError {}

#[derive(Debug)]
struct Entry {
    bytes: Vec<u8>,
    used: u64,
    stored: Instant,
}

/// Bytes by key; the least recently used go first.
#[derive(Debug)]
pub struct Cache<K> {
    entries: HashMap<K, Entry>,
    limit: usize,
    size: usize,
    clock: u64,
    lifetime: Option<Duration>,
}

impl<K: Hash + Eq + Clone> Cache<K> {
    /// An empty cache for `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            entries: HashMap::new(),
            limit,
            size: 0,
            clock: 0,
            lifetime: None,
        }
    }

    /// Lets entries expire.
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// The bytes stored in all.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Stores bytes, and makes room for them.
    pub fn insert(&mut self, key: K, bytes: Vec<u8>) -> Result<(), CacheError> {
        if bytes.len() > self.limit {
            return Err(CacheError::TooLarge {
                size: bytes.len(),
                limit: self.limit,
            });
        }
        self.remove(&key);
        while self.size + bytes.len() > self.limit {
            self.evict();
        }
        self.clock += 1;
        self.size += bytes.len();
        let entry = Entry {
            bytes,
            used: self.clock,
            stored: Instant::now(),
        };
        self.entries.insert(key, entry);
        Ok(())
    }

    /// The bytes of a key.
    pub fn get(&mut self, key: &K) -> Result<Option<&[u8]>, CacheError> {
        self.clock += 1;
        let Some(entry) = self.entries.get_mut(key) else {
            return Ok(None);
        };
        if self.lifetime.is_some_and(|lifetime| entry.stored.elapsed() > lifetime) {
            return Err(CacheError::Expired);
        }
        entry.used = self.clock;
        Ok(Some(&entry.bytes))
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &K) -> Option<Vec<u8>> {
        let entry = self.entries.remove(key)?;
        self.size -= entry.bytes.len();
        Some(entry.bytes)
    }

    fn evict(&mut self) {
        let oldest = self
            .entries
            .iter()
            .min_by_key(|(_, entry)| entry.used)
            .map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            self.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_and_finds() {
        let mut cache = Cache::new(10);
        cache.insert("a", vec![1, 2, 3]).unwrap();
        assert_eq!(cache.get(&"a"), Ok(Some(&[1, 2, 3][..])));
        assert_eq!(cache.size(), 3);
    }

    #[test]
    fn evicts_the_least_recently_used() {
        let mut cache = Cache::new(4);
        cache.insert("a", vec![1, 2]).unwrap();
        cache.insert("b", vec![3, 4]).unwrap();
        cache.get(&"a").unwrap();
        cache.insert("c", vec![5]).unwrap();
        assert_eq!(cache.get(&"b"), Ok(None));
    }

    #[test]
    fn evicts_nothing_if_too_large() {
        let mut cache = Cache::new(2);
        cache.insert("a", vec![1, 2]).unwrap();
        assert!(cache.insert("b", vec![1, 2, 3]).is_err());
        assert_eq!(cache.size(), 2);
    }
}

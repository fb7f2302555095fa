// Package cache keeps answers for a while.
package cache

import (
	"sync"
	"time"
)

type entry struct {
	value   []byte
	expires time.Time
}

// Cache is safe for concurrent use.
type Cache struct {
	mu      sync.Mutex
	entries map[string]entry
	ttl     time.Duration
	now     func() time.Time
}

// New returns an empty cache whose entries live for ttl.
func New(ttl time.Duration) *Cache {
	return &Cache{
		entries: make(map[string]entry),
		ttl:     ttl,
		now:     time.Now,
	}
}

// Get returns the value for key if it has not expired.
func (c *Cache) Get(key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.entries[key]
	if !ok || c.now().After(found.expires) {
		return nil, false
	}
	return found.value, true
}

// Set stores a value.
func (c *Cache) Set(key string, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[key] = entry{value: value, expires: c.now().Add(c.ttl)}
}

// Sweep deletes what has expired and returns how many entries went.
func (c *Cache) Sweep() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := 0
	for key, e := range c.entries {
		if c.now().After(e.expires) {
			delete(c.entries, key)
			gone++
		}
	}
	return gone
}

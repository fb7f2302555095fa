package store

import (
	"errors"
	"sync"
)

// ErrMissing says that there is no value for a key.
var ErrMissing = errors.New("no such key")

// Store keeps values in memory.
type Store struct {
	mutex  sync.Mutex
	values map[string]string
}

// New makes an empty store.
func New() *Store {
	return &Store{values: map[string]string{}}
}

// Get returns the value of a key.
func (s *Store) Get(key string) (string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	value, found := s.values[key]
	if !found {
		return "", ErrMissing
	}
	return value, nil
}

// Set changes the value of a key.
func (s *Store) Set(key, value string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.values[key] = value
}

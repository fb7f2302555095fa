// Package ratelimit limits how often something may happen.
package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrExceeded says that an event may not happen now.
var ErrExceeded = errors.New("rate limit exceeded")

// Limiter lets through a number of events per interval.
type Limiter struct {
	mu       sync.Mutex
	rate     int
	interval time.Duration
	tokens   int
	last     time.Time
	clock    func() time.Time
}

// New returns a limiter that starts full.
func New(rate int, interval time.Duration) *Limiter {
	return &Limiter{
		rate:     rate,
		interval: interval,
		tokens:   rate,
		last:     time.Now(),
		clock:    time.Now,
	}
}

// Allow reports whether an event may happen now.
func (l *Limiter) Allow() bool {
	return l.AllowN(1)
}

// AllowN reports whether n events may happen now.
func (l *Limiter) AllowN(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refill()
	if l.tokens < n {
		return false
	}
	l.tokens -= n
	return true
}

// Wait blocks until an event may happen or the context is done.
func (l *Limiter) Wait(ctx context.Context) error {
	for {
		if l.Allow() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(l.interval / time.Duration(l.rate)):
		}
	}
}

func (l *Limiter) refill() {
	now := l.clock()
	passed := now.Sub(l.last)
	if passed < l.interval {
		return
	}
	l.tokens = l.rate
	l.last = now
}

// Group holds a limiter for each key.
type Group struct {
	mu       sync.Mutex
	limiters map[string]*Limiter
	rate     int
	interval time.Duration
}

// NewGroup returns an empty group.
func NewGroup(rate int, interval time.Duration) *Group {
	return &Group{
		limiters: make(map[string]*Limiter),
		rate:     rate,
		interval: interval,
	}
}

// Allow reports whether an event of this key may happen now.
func (g *Group) Allow(key string) bool {
	return g.limiter(key).Allow()
}

// Check is Allow with an error.
func (g *Group) Check(key string) error {
	if !g.Allow(key) {
		return fmt.Errorf("%s: %w", key, ErrExceeded)
	}
	return nil
}

func (g *Group) limiter(key string) *Limiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	limiter, ok := g.limiters[key]
	if !ok {
		limiter = New(g.rate, g.interval)
		g.limiters[key] = limiter
	}
	return limiter
}

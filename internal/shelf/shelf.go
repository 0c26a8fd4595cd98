// Package shelf keeps what costs more to make than to remember, within a bound.
package shelf

import "sync"

// Shelf keeps values by key until their sizes come to a limit. It has two boards: what is full becomes the old one, and what
// was on the old one and nobody asked for goes. So at most twice the limit is kept. It is safe for use by many goroutines.
type Shelf[K comparable, V any] struct {
	limit int

	mu         sync.Mutex
	young, old map[K]V
	size       int // of what is young
	drops      int // times that something was dropped by a rule
	sizes      func(K, V) int
}

// New makes a shelf for so many bytes, as size counts them.
func New[K comparable, V any](limit int, size func(K, V) int) *Shelf[K, V] {
	return &Shelf[K, V]{limit: limit, sizes: size, young: map[K]V{}}
}

// Get returns what is kept under the key.
func (s *Shelf[K, V]) Get(k K) (V, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.young[k]
	if ok {
		return v, true
	}
	if v, ok = s.old[k]; ok {
		s.put(k, v)
	}
	return v, ok
}

// Put keeps a value. The same key is written over.
func (s *Shelf[K, V]) Put(k K, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(k, v)
}

// Mark is a moment; see PutSince.
func (s *Shelf[K, V]) Mark() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drops
}

// PutSince is Put for what was made after a mark: where something has been dropped since, it may be out of date already
// and is not kept.
func (s *Shelf[K, V]) PutSince(mark int, k K, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mark == s.drops {
		s.put(k, v)
	}
}

func (s *Shelf[K, V]) put(k K, v V) {
	n := s.sizes(k, v)
	if was, there := s.young[k]; there {
		n -= s.sizes(k, was)
	} else if s.size+n > s.limit {
		s.young, s.old, s.size = map[K]V{}, s.young, 0
	}
	s.size += n
	s.young[k] = v
}

// Drop takes away what out says is out of date.
func (s *Shelf[K, V]) Drop(out func(K, V) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops++
	for k, v := range s.young {
		if out(k, v) {
			s.size -= s.sizes(k, v)
			delete(s.young, k)
		}
	}
	for k, v := range s.old {
		if out(k, v) {
			delete(s.old, k)
		}
	}
}

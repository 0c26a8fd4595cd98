package course

import (
	"container/list"
	"sync"
)

// lru keeps values by name, the lately used ones, up to a total weight. A single value above the total is kept alone.
type lru[V any] struct {
	mu    sync.Mutex
	limit int
	total int
	order *list.List // front: used last
	items map[string]*list.Element
}

type lruItem[V any] struct {
	key    string
	value  V
	weight int
}

func newLRU[V any](limit int) *lru[V] {
	return &lru[V]{limit: limit, order: list.New(), items: map[string]*list.Element{}}
}

func (c *lru[V]) get(key string) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[key]
	if !ok {
		return v, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*lruItem[V]).value, true
}

func (c *lru[V]) put(key string, v V, weight int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.items[key]; ok {
		return // both were made from the same files
	}
	c.items[key] = c.order.PushFront(&lruItem[V]{key, v, weight})
	c.total += weight
	for c.total > c.limit && c.order.Len() > 1 {
		e := c.order.Back()
		old := e.Value.(*lruItem[V])
		c.order.Remove(e)
		delete(c.items, old.key)
		c.total -= old.weight
	}
}

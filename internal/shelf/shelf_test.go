package shelf_test

import (
	"strings"
	"testing"

	"greenroom/internal/shelf"
)

func text(k, v string) int { return len(v) }

// What is asked for stays; what nobody asks for goes, so that a shelf never holds more than twice its limit.
func TestBound(t *testing.T) {
	s := shelf.New(10, text)
	s.Put("asked", "xxx")
	for _, k := range strings.Split("abcdefghij", "") {
		s.Put(k, "xxx")
		if _, ok := s.Get("asked"); !ok {
			t.Fatalf("after %s: what is asked for has gone", k)
		}
	}
	there := 0
	for _, k := range strings.Split("abcdefghij", "") {
		if _, ok := s.Get(k); ok {
			there++
		}
	}
	if there == 0 || there > 6 {
		t.Errorf("%d of ten are there", there)
	}
}

// What was made before something was dropped is not kept afterwards: it may be what was dropped.
func TestDrop(t *testing.T) {
	s := shelf.New(100, text)
	s.Put("a", "old name")
	s.Put("b", "other")
	mark := s.Mark()
	s.Drop(func(_, v string) bool { return v == "old name" })
	s.PutSince(mark, "a", "old name")
	if _, ok := s.Get("a"); ok {
		t.Error("what was dropped is back")
	}
	if v, ok := s.Get("b"); !ok || v != "other" {
		t.Error("another has gone with it")
	}
	s.PutSince(s.Mark(), "a", "new name")
	if v, _ := s.Get("a"); v != "new name" {
		t.Errorf("kept %q", v)
	}
}

package draft_test

import (
	"testing"
	"time"

	"greenroom/internal/draft"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	row := draft.Stamp{Version: 7, Page: "a", N: 3}
	for name, c := range map[string]struct {
		row  draft.Stamp
		form draft.Form
		want draft.Verdict
	}{
		"first text":                     {draft.Stamp{}, draft.Form{Page: "a"}, draft.Take},
		"page shows what is stored":      {row, draft.Form{Version: 7, Page: "b"}, draft.Take},
		"own earlier autosave":           {row, draft.Form{Version: 4, Page: "a", N: 4}, draft.Take},
		"own repeat after a lost answer": {row, draft.Form{Version: 4, Page: "a", N: 3}, draft.Take},
		"own form without script":        {row, draft.Form{Version: 4, Page: "a"}, draft.Take},
		"own autosave was overtaken":     {row, draft.Form{Version: 4, Page: "a", N: 2}, draft.Late},
		"another device wrote":           {row, draft.Form{Version: 6, Page: "b", N: 9}, draft.Clash},
		"another device wrote the first": {row, draft.Form{Page: "b"}, draft.Clash},
		"page ids missing on both":       {draft.Stamp{Version: 2}, draft.Form{Version: 1}, draft.Clash},
		"version from the future":        {row, draft.Form{Version: 8, Page: "b"}, draft.Clash},
	} {
		if got := c.row.Judge(c.form); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		older, newer string
		want         int
	}{
		{"", "new", 0},
		{"one two", "one two three", 0},
		{"one two", "zero one two", 0},
		{"one three", "one two three", 0},
		{"one two three", "one three", 4},
		{"all of it", "", 9},
		{"éé", "é", 1},
		{"日本語", "英語", 2},
		{"aaa", "aa", 1},
	} {
		if got := draft.Lost(c.older, c.newer); got != c.want {
			t.Errorf("Lost(%q, %q) = %d, want %d", c.older, c.newer, got, c.want)
		}
	}
}

func TestWorth(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 3, 9, 0, 0, 0, time.UTC)
	if !draft.Worth(draft.KeepLost, now, now) || draft.Worth(draft.KeepLost-1, now, now) {
		t.Error("a large loss is kept, a small one is not")
	}
	if !draft.Worth(1, now.Add(-draft.KeepEvery), now) || draft.Worth(0, now.Add(-time.Hour), now) {
		t.Error("a small loss is kept after a while; adding text loses nothing")
	}
}

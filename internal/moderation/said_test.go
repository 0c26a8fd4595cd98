package moderation

import (
	"testing"
	"time"

	"greenroom/internal/forum"
)

// Nothing that somebody writes passes for another version of what they wrote, and what an older program kept is shown.
func TestSaid(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	forged := "first\n" + snapshot(&forum.Post{Body: "never said"}, "", at) + "<b>last"
	c := &Case{OpenedAt: at}
	c.Snapshot = snapshot(&forum.Post{Rev: 1, State: "visible", Body: forged}, "", at)
	c.Snapshot += snapshot(&forum.Post{Rev: 1, State: "hidden", Body: forged}, "", at.Add(time.Hour))
	c.Snapshot += snapshot(&forum.Post{Rev: 2, State: "visible", Body: "second"}, "", at.Add(2*time.Hour))
	got := c.Said()
	if len(got) != 2 || got[0].Text != forged || !got[0].At.Equal(at) || got[1].Text != "second" || got[1].Rev != 2 {
		t.Errorf("said %+v", got)
	}
	c.Snapshot = snapshot(&forum.Post{Body: "same"}, "one", at) + snapshot(&forum.Post{Body: "same"}, "two", at)
	if got := c.Said(); len(got) != 2 || c.title("hidden") != "two" || c.title("two") != "one" {
		t.Errorf("titles %+v", got)
	}
	c.Snapshot = "[2026-03-02T01:00:00Z, rev 1, visible]\nold words\n"
	if got := c.Said(); len(got) != 1 || got[0].Text != c.Snapshot || !got[0].At.Equal(at) {
		t.Errorf("said %+v of an older case", got)
	}
	if got := (&Case{}).Said(); got != nil {
		t.Errorf("said %+v without a post", got)
	}
}

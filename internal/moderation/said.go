package moderation

import (
	"encoding/json"
	"strings"
	"time"

	"greenroom/internal/forum"
)

// Said is what a post said at a moment: the evidence that stays when the post is changed or hidden.
type Said struct {
	At    time.Time `json:"at"`
	Rev   int       `json:"rev"`   // the post's version, from 1
	State string    `json:"state"` // the post's
	Text  string    `json:"text"`  // as it was typed
}

// snapshot is what a post says at a moment, as it is kept with a case: one line of JSON, so that nothing in a post can
// pass for a second one.
func snapshot(p *forum.Post, at time.Time) string {
	b, _ := json.Marshal(Said{at.UTC().Truncate(time.Second), p.Rev, p.State, p.Body}) // strings and numbers: cannot fail
	return string(b) + "\n"
}

// Said returns what the post said, the oldest first, without repeats.
func (c *Case) Said() []Said {
	var out []Said
	for line := range strings.Lines(c.Snapshot) {
		var x Said
		if json.Unmarshal([]byte(line), &x) != nil {
			return []Said{{At: c.OpenedAt, Text: c.Snapshot}} // kept by an older program, in words
		}
		if n := len(out); n == 0 || out[n-1].Text != x.Text {
			out = append(out, x)
		}
	}
	return out
}

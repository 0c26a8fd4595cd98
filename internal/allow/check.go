package allow

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"greenroom/internal/fault"
)

// Bounds of a grant.
const (
	MaxAttempts = 20
	MaxDays     = 180
	MinReason   = 3
	MaxReason   = 500
)

// TimeChoices are the percentages that a form offers; NoLimit is without a time limit.
var TimeChoices = []int{100, 125, 150, 200, 300, NoLimit}

// Terms are what is to be granted.
type Terms struct {
	TimePercent   int // one of TimeChoices
	ExtraAttempts int
	ExtraDays     int
	Reason        string
	From          time.Time  // zero: now
	Until         *time.Time // nil: until it is taken back
}

func (t Terms) tidy(now time.Time) Terms {
	t.Reason = strings.TrimSpace(t.Reason)
	if t.From.IsZero() {
		t.From = now
	}
	t.From = t.From.UTC().Truncate(time.Microsecond)
	if t.Until != nil {
		u := t.Until.UTC().Truncate(time.Microsecond)
		t.Until = &u
	}
	return t
}

func (t Terms) check(now time.Time) error {
	var f fault.Fields
	if !slices.Contains(TimeChoices, t.TimePercent) {
		f.Add("time", "allow.error.time")
	}
	if t.ExtraAttempts < 0 || t.ExtraAttempts > MaxAttempts {
		f.Add("attempts", "allow.error.attempts", "N", MaxAttempts)
	}
	if t.ExtraDays < 0 || t.ExtraDays > MaxDays {
		f.Add("days", "allow.error.days", "N", MaxDays)
	}
	if t.TimePercent == 100 && t.ExtraAttempts == 0 && t.ExtraDays == 0 {
		f.Add("time", "allow.error.nothing")
	}
	if t.Until != nil && (!t.Until.After(t.From) || !t.Until.After(now)) {
		f.Add("until", "allow.error.until")
	}
	checkReason(&f, t.Reason)
	return f.Err()
}

func checkReason(f *fault.Fields, reason string) string {
	reason = strings.TrimSpace(reason)
	switch n := utf8.RuneCountInString(reason); {
	case n < MinReason:
		f.Add("reason", "allow.error.reason")
	case n > MaxReason:
		f.Add("reason", "allow.error.reason_long", "N", MaxReason)
	}
	return reason
}

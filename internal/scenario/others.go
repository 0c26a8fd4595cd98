package scenario

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/locale"
	"greenroom/internal/record"
)

// What protects people in the figures of what others chose: figures are of at least MinOthers people, of the whole site
// and not of a group; they change only with every otherStep people, so that nobody's choice shows as the difference of
// two looks; shares are rounded to tens, and what fewer than few chose has no figure.
const (
	MinOthers = 8
	otherStep = 4
	maxOthers = 200 // of the latest runs
	few       = 3
	otherKeep = time.Minute
)

// Share is how many chose an option.
type Share struct {
	Percent int  // rounded to tens
	Few     bool // fewer than three people: no figure
	Nearly  bool // nearly everybody
}

// Text says a share in words. One that nobody has is not told from one of few.
func (s Share) Text(l *locale.Printer) string {
	switch {
	case s.Nearly:
		return l.T("scenario.figures.nearly")
	case s.Few || s.Percent == 0:
		return l.T("scenario.figures.few")
	}
	return l.T("scenario.figures.percent", "Percent", s.Percent)
}

// Others is what others chose at each decision that enough of them met. "" is silence.
type Others struct {
	People int // whose runs were counted
	At     map[string]map[string]Share
}

type othersCache struct {
	mu sync.Mutex
	by map[string]othersEntry
}

type othersEntry struct {
	at  time.Time
	got Others
}

// Others counts what people chose in their first finished run of this scenario. Where the scenario does not want it, or
// fewer have finished than it asks for, there is nothing.
func (s *Service) Others(ctx context.Context, at record.Completion, sc *Scenario) (Others, error) {
	if sc.Debrief.Compare.Show == "never" {
		return Others{}, nil
	}
	key := fmt.Sprintf("%s/%s", at.Course.Key, at.Activity.Key)
	now := s.clock()
	s.others.mu.Lock()
	known, ok := s.others.by[key]
	s.others.mu.Unlock()
	if ok && now.Sub(known.at) < otherKeep && !now.Before(known.at) {
		return known.got, nil
	}
	got, err := s.count(ctx, at, max(sc.Debrief.Compare.MinRuns, MinOthers))
	if err != nil {
		return Others{}, err
	}
	s.others.mu.Lock()
	if len(s.others.by) > 1000 {
		clear(s.others.by)
	}
	s.others.by[key] = othersEntry{now, got}
	s.others.mu.Unlock()
	return got, nil
}

func (s *Service) count(ctx context.Context, at record.Completion, least int) (Others, error) {
	var runs []string
	err := s.db.NewSelect().TableExpr("scenario_run AS r").ColumnExpr("r.id").Where("r.course_key = ?", at.Course.Key).
		Where("r.activity_key = ?", at.Activity.Key).Where("r.first").OrderExpr("r.finished_at, r.id").Scan(ctx, &runs)
	if err != nil {
		return Others{}, fmt.Errorf("runs of others: %w", db.Err(err))
	}
	n := len(runs)
	if n < least {
		return Others{}, nil
	}
	n -= (n - least) % otherStep
	runs = runs[max(0, n-maxOthers):n]
	var events []Event
	err = s.db.NewSelect().Model(&events).Where("run_id IN (?)", bun.List(runs)).Order("run_id", "number").Scan(ctx)
	if err != nil {
		return Others{}, fmt.Errorf("choices of others: %w", db.Err(err))
	}
	return Others{People: len(runs), At: shares(tally(events), least)}, nil
}

// tally counts what counts: the first choice at each decision in each run, without what was taken back.
func tally(events []Event) map[string]map[string]int {
	count := map[string]map[string]int{}
	for i := 0; i < len(events); {
		var kept []Event
		run := events[i].RunID
		for ; i < len(events) && events[i].RunID == run; i++ {
			if events[i].Kind == Back && len(kept) > 0 {
				kept = kept[:len(kept)-1]
				continue
			}
			kept = append(kept, events[i])
		}
		seen := map[string]bool{}
		for _, e := range kept {
			if (e.Kind != Chose && e.Kind != Silent) || seen[e.Passage] {
				continue
			}
			seen[e.Passage] = true
			if count[e.Passage] == nil {
				count[e.Passage] = map[string]int{}
			}
			count[e.Passage][e.Choice]++
		}
	}
	return count
}

// shares makes figures of counts, where there are enough.
func shares(count map[string]map[string]int, least int) map[string]map[string]Share {
	out := map[string]map[string]Share{}
	for at, options := range count {
		sum := 0
		for _, n := range options {
			sum += n
		}
		if sum < least {
			continue
		}
		out[at] = map[string]Share{}
		for option, n := range options {
			out[at][option] = share(n, sum)
		}
	}
	return out
}

func share(n, sum int) Share {
	switch p := float64(n) / float64(sum); {
	case n < few:
		return Share{Few: true}
	case p > .9:
		return Share{Nearly: true}
	default:
		return Share{Percent: int(math.Round(p*10)) * 10}
	}
}

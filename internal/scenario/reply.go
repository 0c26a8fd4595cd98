package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
	"greenroom/internal/words"
)

// MaxReply is the number of characters that a reply may have; its word range is far below it.
const MaxReply = 12_000

// PeerTime is how long others may review a reply. Then it is closed, with the reviews that came: nobody waits longer.
const PeerTime = 7 * 24 * time.Hour

// Clash is the cause of a Conflict: another device has written meanwhile. Stored is what stands.
type Clash struct{ Stored *Written }

// Error says what happened.
func (c *Clash) Error() string {
	return fmt.Sprintf("scenario reply %s was written elsewhere", c.Stored.ID)
}

// Tidy makes line ends one kind and takes white space off both ends.
func Tidy(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
}

// SaveReply keeps the text of the reply at which the run stands, whatever its length in words.
func (s *Service) SaveReply(ctx context.Context, at record.Completion, runID, text string, f draft.Form) (*Sitting, error) {
	return s.write(ctx, at, runID, text, f, false)
}

// SendReply keeps the text and, when it is in the word range, lets its writer mark it. Where nobody marks, MarkReply
// without marks goes on. When it is not in the range, the text is kept and the answer is Invalid for the field "text".
func (s *Service) SendReply(ctx context.Context, at record.Completion, runID, text string, f draft.Form) (*Sitting, error) {
	return s.write(ctx, at, runID, text, f, true)
}

func (s *Service) write(ctx context.Context, at record.Completion, runID, text string, f draft.Form, send bool) (*Sitting, error) {
	sit, err := s.at(ctx, at, runID)
	if err != nil {
		return nil, err
	}
	p := sit.Story.Now().Passage
	if sit.Run.State != Open || p.Kind != Reply {
		return sit, errGoneOn
	}
	text = Tidy(text)
	if n := utf8.RuneCountInString(text); n > MaxReply {
		var bad fault.Fields
		bad.Add("text", "scenario.error.too_many_signs", "Max", MaxReply, "Over", n-MaxReply)
		return sit, bad.Err()
	}
	if !id.Valid(f.Page) {
		f.Page = ""
	}
	var short, clash error
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		short, clash = nil, nil
		if err := db.Lock(ctx, tx, "scenario-reply:"+sit.Run.ID); err != nil {
			return err
		}
		w, err := findReply(ctx, tx, sit.Run.ID, p.Key)
		if err != nil {
			return err
		}
		isNew := w == nil
		if isNew {
			w = s.freshReply(at, sit, p)
		} else if w.Body != text {
			switch w.Judge(f) {
			case draft.Late:
				sit.Reply = w
				return nil
			case draft.Clash:
				clash = fault.New(fault.Conflict, "scenario.error.clash").Because(&Clash{Stored: w})
				sit.Reply = w
				return nil
			}
		}
		if isNew || w.Body != text {
			w.Stamp = w.Next(f)
		}
		w.Body, w.Words, w.SavedAt, w.State = text, words.Count(text), s.clock(), Draft
		if send {
			if short = p.judge(w.Words); short == nil {
				w.State = Sent
			}
		}
		sit.Reply = w
		return putReply(ctx, tx, w, isNew)
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("write scenario reply: %w", err)
	case clash != nil:
		return sit, clash
	}
	return sit, short
}

func (s *Service) freshReply(at record.Completion, sit *Sitting, p *Passage) *Written {
	return &Written{
		ID: id.New(), RunID: sit.Run.ID, PersonID: at.PersonID, CourseKey: at.Course.Key, ActivityKey: at.Activity.Key,
		DeliveryID: sit.Run.DeliveryID, Passage: p.Key, Number: len(sit.Events), State: Draft, Marks: Marks{},
	}
}

// judge says what to change when a text of n words is outside the range.
func (p *Passage) judge(n int) error {
	var bad fault.Fields
	switch w := p.Words; {
	case n == 0:
		bad.Add("text", "scenario.error.empty", "Min", w.Min, "Max", w.Max)
	case n < w.Min:
		bad.Add("text", "scenario.error.short", "Words", n, "Min", w.Min, "Max", w.Max, "Count", w.Min-n)
	case n > w.Max:
		bad.Add("text", "scenario.error.long", "Words", n, "Min", w.Min, "Max", w.Max, "Count", n-w.Max)
	}
	return bad.Err()
}

// Reopen lets the writer change a text that was sent and is not marked yet.
func (s *Service) Reopen(ctx context.Context, at record.Completion, runID string) error {
	sit, err := s.at(ctx, at, runID)
	if err != nil {
		return err
	}
	if sit.Reply == nil || sit.Reply.State != Sent {
		return nil
	}
	sit.Reply.State = Draft
	return putReply(ctx, s.db, sit.Reply, false)
}

// MarkReply keeps the writer's own marks and goes on with the story, which follows them. Peers says whether others may
// be asked to review it. Missing marks are Invalid, each for the field of its criterion; skip leaves them out where the
// scenario allows that.
func (s *Service) MarkReply(ctx context.Context, at record.Completion, runID string, seen int, marks Marks, skip, peers bool) (*Sitting, error) {
	sit, err := s.at(ctx, at, runID)
	if err != nil {
		return nil, err
	}
	if seen >= 0 && seen < len(sit.Events) && sit.Events[seen].Kind == Replied {
		return sit, nil // pressed again
	}
	p, w := sit.Story.Now().Passage, sit.Reply
	if sit.Run.State != Open || p.Kind != Reply || w == nil || w.State != Sent {
		return sit, errGoneOn
	}
	if p.Assess.Self == "none" || skip && p.Assess.Self == "optional" {
		marks = nil
	} else if err := p.complete(marks); err != nil {
		sit.Reply.Marks = marks
		return sit, err
	}
	now := s.clock()
	w.State, w.Marks, w.Total, w.Number, w.MarkedAt = Marked, marks, marks.total(), len(sit.Events), &now
	if peers && sit.Run.ReplayOf == "" && p.Assess.Peer > 0 {
		due := now.Add(PeerTime)
		w.Peers, w.DueAt = p.Assess.Peer, &due
	}
	m := Move{Kind: Replied, At: p.Key, Points: w.Total}
	return s.move(ctx, at, sit, seen, m, func(ctx context.Context, e *Event) error {
		return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
			if err := s.keepIn(ctx, tx, sit, e); err != nil {
				return err
			}
			return putReply(ctx, tx, w, false)
		})
	})
}

func (m Marks) total() int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

// complete holds marks to the rubric: every row, a level of it.
func (p *Passage) complete(m Marks) error {
	var bad fault.Fields
	for _, c := range p.Rubric {
		if v, ok := m[c.ID]; !ok || v < 0 || v >= len(c.Levels) {
			bad.Add("mark-"+c.ID, "scenario.error.no_mark", "Label", c.Label.Value)
			delete(m, c.ID)
		}
	}
	for k := range m {
		known := false
		for _, c := range p.Rubric {
			known = known || c.ID == k
		}
		if !known {
			delete(m, k)
		}
	}
	return bad.Err()
}

package moderation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"greenroom/internal/db"
	"greenroom/internal/forum"
	"greenroom/internal/shelf"
	"greenroom/internal/stream"
)

// Waits is what a person who writes on a board should know beforehand.
type Waits struct {
	Rules     int    // the edition of the house rules to be accepted with the post; 0 when it is
	Hold      bool   // a moderator lets posts through
	Staffed   string // when they are there
	Slow      int    // seconds between posts
	Caretaker string // the period's banner, "" outside it
	ReadOnly  bool   // nobody writes in the caretaker period
	CaseID    string // of a suspension that lasts until Until; "" without
	Until     time.Time
	New       int // hours from the making of an account in which posts have no files, and Links links and a day Posts posts at most; 0 after that
	Links     int
	Posts     int
}

// Waits tells what holds for a person on a board. Who looks after the delivery writes freely.
func (s *Service) Waits(ctx context.Context, v *forum.Visit) (*Waits, error) {
	now := s.clock()
	x, err := s.stand(ctx, v.Who.ID, v.Delivery.ID, v.Board, now)
	if err != nil {
		return nil, err
	}
	w, period := &Waits{}, x.InCaretaker(now)
	if period != CaretakerOff {
		w.Caretaker, w.Hold = x.CaretakerText, period == CaretakerHold
		if w.Caretaker == "" {
			w.Caretaker = s.opts.Words.Printer("").T("moderation.caretaker_default." + period)
		}
	}
	if v.Staff {
		return w, nil
	}
	w.ReadOnly, w.Hold, w.Staffed, w.Slow = period == CaretakerRead, w.Hold || x.Hold, x.Staffed, x.Slow
	if !x.Agreed {
		w.Rules = x.Edition
	}
	if x.Until != nil && x.Until.After(now) {
		w.CaseID, w.Until = x.CaseID, *x.Until
	}
	if now.Sub(v.Who.CreatedAt) < time.Duration(x.NewcomerHours)*time.Hour {
		w.New, w.Links, w.Posts = x.NewcomerHours, x.NewcomerLinks, x.NewcomerPosts
	}
	return w, nil
}

// place is a person at a board.
type place struct{ person, delivery, board string }

// stood is how somebody stood at a moment.
type stood struct {
	standing
	at time.Time
}

// How people stand is kept for the pages that tell them: every page on which one can write asks for it, and what is written asks
// anew. It goes when its bell rings; standingLife is for bells that are not heard.
const (
	standingLife  = 10 * time.Second
	standingBytes = 1 << 20
	standingBell  = "moderation:" // of one person, or of everybody
)

func newStandings(st *stream.Service) *shelf.Shelf[place, *stood] {
	kept := shelf.New(standingBytes, func(_ place, x *stood) int { return 500 + len(x.CaretakerText) + len(x.Staffed) })
	st.Listen(func(h stream.Hint) {
		if who, ok := strings.CutPrefix(h.Stream, standingBell); ok || h.Stream == "" {
			kept.Drop(func(k place, _ *stood) bool { return who == "" || who == k.person })
		}
	})
	return kept
}

// changed rings, after the commit, for the people for whom something else holds now; for everybody where none are named.
func (s *Service) changed(ctx context.Context, people ...string) {
	if len(people) == 0 {
		people = []string{""}
	}
	db.AfterCommit(ctx, func() {
		for _, p := range people {
			s.streams.Ring(standingBell + p)
		}
	})
}

// stand says how somebody stands at a board, as far as a page tells them.
func (s *Service) stand(ctx context.Context, personID, deliveryID, board string, now time.Time) (*standing, error) {
	k := place{personID, deliveryID, board}
	if x, ok := s.kept.Get(k); ok && !now.Before(x.at) && now.Sub(x.at) < standingLife {
		return &x.standing, nil
	}
	mark, x := s.kept.Mark(), &stood{at: now}
	if err := s.stands.One(ctx, &x.standing, standingArgs([]any{personID, deliveryID, board}, now)...); err != nil {
		return nil, fmt.Errorf("what holds on a board: %w", db.Err(err))
	}
	x.Words = "" // no page tells them, and they are long
	s.kept.PutSince(mark, k, x)
	return &x.standing, nil
}

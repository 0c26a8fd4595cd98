package situation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/inbox"
	"greenroom/internal/words"
)

// Criteria are the rows of the fixed rubric for situations; each has the levels 0 to MaxMark.
var Criteria = []string{"happen", "choice", "fair", "teach"}

// MaxMark is the best level of a row.
const MaxMark = 2

// Lengths of what is said about a situation, in characters.
const (
	MaxComment = 1_000
	MaxReason  = 300
)

// Kinds of reviews.
const (
	ByPeer    = "peer"
	ByTrainer = "trainer"
)

// Review is what somebody thinks of a situation; table situation_review. The writer never learns whose a peer's is.
type Review struct {
	bun.BaseModel `bun:"table:situation_review,alias:v"`

	ID          string `bun:",pk"`
	SituationID string
	ReviewerID  *string // nil when the reviewer has gone
	Kind        string
	Marks       string // JSON, level by row
	Comment     string
	DoneAt      time.Time
}

// Mark is the level of a row; false when it has none.
func (r *Review) Mark(row string) (int, bool) {
	m := map[string]int{}
	if json.Unmarshal([]byte(r.Marks), &m) != nil {
		return 0, false
	}
	n, ok := m[row]
	return n, ok
}

// Consent is what the writer agrees to when sharing.
type Consent struct {
	Named    bool // readers see the name
	MayAdopt bool // the course may keep it, with credit to the name or to "a learner"
}

// Share lets the cohort read the situation as it stands now. Invalid names what is missing; Conflict while it is adopted,
// and in courses that are taken alone, where there is nobody to share with.
func (s *Service) Share(ctx context.Context, p *Place, situationID string, c Consent) (*Situation, error) {
	if !p.Delivery.Cohort() {
		return nil, fault.New(fault.Conflict, "situation.error.alone")
	}
	return s.change(ctx, p, situationID, func(_ context.Context, _ bun.Tx, u *Situation) error {
		switch {
		case u.PersonID != p.Who.ID:
			return errNotFound
		case u.AdoptedAt != nil:
			return fault.New(fault.Conflict, "situation.error.adopted")
		case u.Withheld != "" && u.Withheld == u.Body:
			return fault.New(fault.Conflict, "situation.error.withheld")
		}
		if err := u.Form().Missing(); err != nil {
			return err
		}
		now := s.clock()
		u.Shared, u.SharedAt, u.Named, u.MayAdopt, u.GivenBack, u.Withheld = u.Body, &now, c.Named, c.MayAdopt, "", ""
		return nil
	})
}

// Credit changes whether readers see the writer's name.
func (s *Service) Credit(ctx context.Context, p *Place, situationID string, named bool) error {
	_, err := s.change(ctx, p, situationID, func(_ context.Context, _ bun.Tx, u *Situation) error {
		if u.PersonID != p.Who.ID {
			return errNotFound
		}
		u.Named = named
		return nil
	})
	return err
}

func (u *Situation) hide() {
	u.Shared, u.SharedAt, u.AdoptedAt, u.AdoptedBy = "", nil, nil, nil
}

// Withdraw takes the situation out of everybody's sight; an adopted one ends being adopted. Done again it is the same.
func (s *Service) Withdraw(ctx context.Context, p *Place, situationID string) error {
	_, err := s.change(ctx, p, situationID, func(_ context.Context, _ bun.Tx, u *Situation) error {
		if u.PersonID != p.Who.ID {
			return errNotFound
		}
		u.hide()
		return nil
	})
	return err
}

// Open is a situation that the person may read, with what others think of it where they may know that: its writer and who
// leads the delivery see all reviews, a reviewer their own. NotFound for all else. Adopted ones of the course may be read
// in every delivery of it.
func (s *Service) Open(ctx context.Context, p *Place, situationID string) (*Situation, []Review, error) {
	u, err := s.find(ctx, s.db, situationID)
	if err != nil {
		return nil, nil, err
	}
	own := u.PersonID == p.Who.ID
	here := u.DeliveryID == p.Delivery.ID
	switch {
	case here && own, here && u.SharedAt != nil, u.AdoptedAt != nil && u.CourseKey == p.Delivery.CourseKey:
	default:
		return nil, nil, errNotFound
	}
	var all []Review
	q := s.db.NewSelect().Model(&all).Where("v.situation_id = ?", u.ID)
	if !own && (!p.Leads || !here) {
		q = q.Where("v.reviewer_id = ?", p.Who.ID)
	}
	if err := q.OrderExpr("v.kind DESC, v.done_at, v.id").Scan(ctx); err != nil { // the trainer's first
		return nil, nil, fmt.Errorf("reviews of a situation: %w", db.Err(err))
	}
	return u, all, nil
}

// MayReview says whether the person may review it: it is shared here and not their own.
func (p *Place) MayReview(u *Situation) bool {
	return u.SharedAt != nil && u.DeliveryID == p.Delivery.ID && u.PersonID != p.Who.ID
}

// Judge keeps what the person thinks of a situation: one review for each reader; done again, the newer replaces it.
// Invalid when a row is missing or the comment too long.
func (s *Service) Judge(ctx context.Context, p *Place, situationID string, marks map[string]int, comment string) error {
	comment = words.Clean(comment, false)
	var bad fault.Fields
	kept := map[string]int{}
	for _, row := range Criteria {
		n, ok := marks[row]
		if !ok || n < 0 || n > MaxMark {
			bad.Add("mark."+row, "situation.error.mark")
			continue
		}
		kept[row] = n
	}
	if n := utf8.RuneCountInString(comment); n > MaxComment {
		bad.Add("comment", "situation.error.long", "Max", MaxComment, "Over", n-MaxComment)
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, p, situationID, func(ctx context.Context, tx bun.Tx, u *Situation) error {
		if !p.MayReview(u) {
			return errNotFound
		}
		if err := bad.Err(); err != nil {
			return err
		}
		r := &Review{ID: id.New(), SituationID: u.ID, ReviewerID: &p.Who.ID, Kind: ByPeer, Marks: string(raw), Comment: comment, DoneAt: s.clock()}
		if p.Leads {
			r.Kind = ByTrainer
		}
		if _, err := tx.NewInsert().Model(r).On("CONFLICT (situation_id, reviewer_id) DO UPDATE").Set("kind = EXCLUDED.kind").Set("marks = EXCLUDED.marks").
			Set("comment = EXCLUDED.comment").Set("done_at = EXCLUDED.done_at").Exec(ctx); err != nil {
			return fmt.Errorf("keep a review of a situation: %w", db.Err(err))
		}
		return s.tell(ctx, tx, u, "situation_reviewed", r.ID)
	})
	return err
}

// GiveBack takes a situation out of everybody's sight, with a reason that its writer reads. Who leads the delivery may.
func (s *Service) GiveBack(ctx context.Context, p *Place, situationID, reason string) error {
	reason = words.Clean(reason, false)
	_, err := s.change(ctx, p, situationID, func(ctx context.Context, tx bun.Tx, u *Situation) error {
		if !p.Leads || u.SharedAt == nil {
			return errNotFound
		}
		if n := utf8.RuneCountInString(reason); n == 0 || n > MaxReason {
			var bad fault.Fields
			bad.Add("reason", "situation.error.reason", "Max", MaxReason)
			return bad.Err()
		}
		u.hide()
		u.GivenBack = reason
		if err := s.note(ctx, tx, p, u, "situation.given_back", reason); err != nil {
			return err
		}
		return s.tell(ctx, tx, u, "situation_given_back", id.New())
	})
	return err
}

// Adopt makes a shared situation one of the course's: everybody who takes the course may read it. Who leads the delivery
// may, where the writer agrees, and has to say that nobody real is in it (cleared).
func (s *Service) Adopt(ctx context.Context, p *Place, situationID string, cleared bool) error {
	_, err := s.change(ctx, p, situationID, func(ctx context.Context, tx bun.Tx, u *Situation) error {
		switch {
		case !p.Leads || u.SharedAt == nil:
			return errNotFound
		case u.AdoptedAt != nil:
			return nil
		case !u.MayAdopt:
			return fault.New(fault.Conflict, "situation.error.not_agreed")
		case !cleared:
			var bad fault.Fields
			bad.Add("cleared", "situation.error.not_cleared")
			return bad.Err()
		}
		now := s.clock()
		u.AdoptedAt, u.AdoptedBy = &now, &p.Who.ID
		if err := s.note(ctx, tx, p, u, "situation.adopted", ""); err != nil {
			return err
		}
		return s.tell(ctx, tx, u, "situation_adopted", id.New())
	})
	return err
}

// LetGo ends that a situation is the course's; the cohort goes on reading it.
func (s *Service) LetGo(ctx context.Context, p *Place, situationID string) error {
	_, err := s.change(ctx, p, situationID, func(ctx context.Context, tx bun.Tx, u *Situation) error {
		if !p.Leads || u.SharedAt == nil {
			return errNotFound
		}
		if u.AdoptedAt == nil {
			return nil
		}
		u.AdoptedAt, u.AdoptedBy = nil, nil
		return s.note(ctx, tx, p, u, "situation.let_go", "")
	})
	return err
}

func (s *Service) note(ctx context.Context, tx bun.IDB, p *Place, u *Situation, action, reason string) error {
	return audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), ActorID: p.Who.ID, ActorName: p.Who.Name, Action: action, PersonID: u.PersonID, PersonName: u.Name,
		DeliveryID: u.DeliveryID, Reason: reason,
	})
}

// tell lets the writer know on the site.
func (s *Service) tell(ctx context.Context, tx bun.IDB, u *Situation, kind, once string) error {
	_, err := s.inbox.Tell(ctx, tx, []inbox.Item{{
		PersonID: u.PersonID, Name: kind + ":" + u.ID + ":" + once, Kind: kind, Subject: words.Clip(u.Title(false), 80),
		Href: "/situations/" + u.DeliveryID + "/" + u.ID,
	}})
	return err
}

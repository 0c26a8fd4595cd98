package forum

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Draft is a text that somebody has begun; table forum_draft.
type Draft struct {
	bun.BaseModel `bun:"table:forum_draft,alias:fd"`

	PersonID string `bun:",pk"`
	Place    string `bun:",pk"` // the id of a thread, or NewPlace
	Title    string
	Body     string
	ParentID string
	draft.Stamp
	SavedAt time.Time
}

// NewPlace is where the draft of a new thread is, or of the first answer to a prompt.
func NewPlace(deliveryID, board string) string { return "new:" + deliveryID + ":" + board }

// MaxDrafts is how many drafts somebody has; the oldest give way.
const MaxDrafts = 50

var draftColumns = [...]string{"person_id", "place", "title", "body", "parent_id", "version", "page", "n", "saved_at"}

var draftQuery = "SELECT " + columns("fd", "", draftColumns[:]) + " FROM forum_draft AS fd WHERE person_id = ? AND place = ?"

// DraftOf returns what the person has begun in a place, nil when nothing.
func (s *Service) DraftOf(ctx context.Context, personID, place string) (*Draft, error) {
	d := new(Draft)
	err := s.drafts.One(ctx, d, personID, place)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return d, db.Err(err)
}

func findDraft(ctx context.Context, tx bun.IDB, personID, place string) (*Draft, error) {
	var all []Draft
	err := tx.NewSelect().Model(&all).Where("fd.person_id = ?", personID).Where("fd.place = ?", place).Scan(ctx)
	if err != nil || len(all) == 0 {
		return nil, db.Err(err)
	}
	return &all[0], nil
}

// SaveDraft keeps a text as it stands; an empty one takes the draft away. A page that another has overtaken is Conflict,
// and the draft that is there stays.
func (s *Service) SaveDraft(ctx context.Context, v *Visit, place, title, body, parentID string, f draft.Form) error {
	if !id.Valid(place) && place != NewPlace(v.Delivery.ID, v.Board) {
		return errNotFound
	}
	if n := utf8.RuneCountInString(body); n > MaxBody {
		var bad fault.Fields
		bad.Add("body", "forum.body_long", "Max", MaxBody, "Over", n-MaxBody)
		return bad.Err()
	}
	title = clip(title, MaxTitle)
	if !id.Valid(parentID) {
		parentID = ""
	}
	if !id.Valid(f.Page) {
		f.Page = ""
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "forum-draft:"+v.Who.ID); err != nil {
			return err
		}
		old, err := findDraft(ctx, tx, v.Who.ID, place)
		if err != nil {
			return err
		}
		stamp := draft.Stamp{}
		if old != nil {
			if old.Body == body && old.Title == title {
				return nil
			}
			switch old.Judge(f) {
			case draft.Late:
				return nil
			case draft.Clash:
				return fault.New(fault.Conflict, "forum.draft_clash")
			}
			stamp = old.Stamp
		}
		if strings.TrimSpace(body) == "" && title == "" {
			return dropDraft(ctx, tx, v.Who.ID, place)
		}
		d := &Draft{PersonID: v.Who.ID, Place: place, Title: title, Body: body, ParentID: parentID, Stamp: stamp.Next(f), SavedAt: s.clock()}
		return putDraft(ctx, tx, d)
	})
}

// forceDraft keeps a text that could not be posted. It takes the place of what was autosaved of it.
func (s *Service) forceDraft(ctx context.Context, personID, place, title, body, parentID string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		old, err := findDraft(ctx, tx, personID, place)
		if err != nil {
			return err
		}
		d := &Draft{PersonID: personID, Place: place, Title: clip(title, MaxTitle), Body: body, ParentID: parentID, SavedAt: s.clock()}
		if old != nil {
			d.Stamp = old.Stamp
		}
		d.Stamp = d.Stamp.Next(draft.Form{})
		return putDraft(ctx, tx, d)
	})
}

func putDraft(ctx context.Context, tx bun.IDB, d *Draft) error {
	q := tx.NewInsert().Model(d).On("CONFLICT (person_id, place) DO UPDATE")
	for _, c := range []string{"title", "body", "parent_id", "version", "page", "n", "saved_at"} {
		q = q.Set(c + " = EXCLUDED." + c)
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("save a draft: %w", db.Err(err))
	}
	old := tx.NewSelect().Model((*Draft)(nil)).Column("place").Where("fd.person_id = ?", d.PersonID).OrderExpr("fd.saved_at DESC").Limit(100).Offset(MaxDrafts)
	if _, err := tx.NewDelete().Model((*Draft)(nil)).Where("person_id = ?", d.PersonID).Where("place IN (?)", old).Exec(ctx); err != nil {
		return fmt.Errorf("drop old drafts: %w", db.Err(err))
	}
	return nil
}

func dropDraft(ctx context.Context, tx bun.IDB, personID string, places ...string) error {
	if _, err := tx.NewDelete().Model((*Draft)(nil)).Where("person_id = ?", personID).Where("place IN (?)", bun.List(places)).Exec(ctx); err != nil {
		return fmt.Errorf("drop a draft: %w", db.Err(err))
	}
	return nil
}

// Drafts lists a person's drafts, the newest first.
func (s *Service) Drafts(ctx context.Context, personID string) ([]Draft, error) {
	var all []Draft
	err := s.db.NewSelect().Model(&all).Where("fd.person_id = ?", personID).OrderExpr("fd.saved_at DESC").Limit(MaxDrafts).Scan(ctx)
	return all, db.Err(err)
}

func clip(s string, n int) string {
	if r := []rune(strings.Join(strings.Fields(s), " ")); len(r) > n {
		return string(r[:n])
	}
	return strings.Join(strings.Fields(s), " ")
}

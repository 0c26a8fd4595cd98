package author

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/scenario"
)

// Limits of what the site keeps.
const (
	MaxDrafts    = 50  // that somebody owns
	MaxAlong     = 20  // people who write along at one
	MaxRevisions = 200 // of a draft; the oldest without a note give way
	MaxNote      = 200 // characters
)

// Draft is a scenario that is being written on the site; table scenario_draft. Its version is the number of its newest revision.
type Draft struct {
	bun.BaseModel `bun:"table:scenario_draft,alias:d"`

	ID          string `bun:",pk"`
	OwnerID     *string
	Title       string
	CourseKey   string // where it was copied from, or published; ""
	ActivityKey string
	Source      string
	draft.Stamp
	CreatedAt time.Time
	SavedAt   time.Time

	Owner string `bun:",scanonly"` // their name; "" when they have left
	Along int    `bun:",scanonly"` // how many write along
	Mine  bool   `bun:"-"`         // the person who asks may invite, hand over and delete
}

// Teacher is somebody who writes along, or could be asked to.
type Teacher struct{ ID, Name string }

// Drafts keeps them. It is safe for use by many goroutines.
type Drafts struct {
	db      *bun.DB
	courses *course.Service
	now     func() time.Time
}

// NewDrafts makes the service.
func NewDrafts(d *bun.DB, c *course.Service, now func() time.Time) *Drafts {
	return &Drafts{db: d, courses: c, now: now}
}

func (s *Drafts) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

var errNotFound = fault.New(fault.NotFound, "error.not_found")

// may says whether somebody writes scenarios at all: authors and trainers do, and administrators, who also see everybody's.
func may(who *account.Person) bool {
	return who.CanSome(account.RoleAuthor) || who.CanSome(account.RoleTrainer)
}

func admin(who *account.Person) bool { return who.Can(account.RoleAdmin, "") }

func full(q *bun.SelectQuery) *bun.SelectQuery {
	return q.ColumnExpr("COALESCE(p.name, '') AS owner").ColumnExpr("(SELECT COUNT(*) FROM scenario_draft_author AS a WHERE a.draft_id = d.id) AS along").
		Join("LEFT JOIN person AS p ON p.id = d.owner_id")
}

// visible keeps to what somebody may open: their own drafts and those at which they write along; administrators all.
func visible(q *bun.SelectQuery, who *account.Person) *bun.SelectQuery {
	if admin(who) {
		return q
	}
	return q.Where("(d.owner_id = ? OR EXISTS (SELECT 1 FROM scenario_draft_author AS x WHERE x.draft_id = d.id AND x.person_id = ?))", who.ID, who.ID)
}

// List is the drafts that somebody may open, the one saved last first, without their files; limit at most.
func (s *Drafts) List(ctx context.Context, who *account.Person, limit int64) ([]Draft, error) {
	if !may(who) {
		return nil, errNotFound
	}
	var out []Draft
	q := full(s.db.NewSelect().Model(&out).Column("d.id", "d.owner_id", "d.title", "d.course_key", "d.activity_key", "d.version", "d.created_at", "d.saved_at"))
	if err := visible(q, who).OrderExpr("d.saved_at DESC, d.id DESC").Limit(limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list drafts: %w", db.Err(err))
	}
	for i := range out {
		out[i].mine(who)
	}
	return out, nil
}

func (d *Draft) mine(who *account.Person) {
	d.Mine = d.OwnerID == nil || *d.OwnerID == who.ID || admin(who)
}

// Open is a draft; NotFound for who may not.
func (s *Drafts) Open(ctx context.Context, who *account.Person, draftID string) (*Draft, error) {
	return s.find(ctx, s.db, who, draftID)
}

func (s *Drafts) find(ctx context.Context, tx bun.IDB, who *account.Person, draftID string) (*Draft, error) {
	if !may(who) || !id.Valid(draftID) {
		return nil, errNotFound
	}
	d := new(Draft)
	if err := visible(full(tx.NewSelect().Model(d).ColumnExpr("d.*")), who).Where("d.id = ?", draftID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	d.mine(who)
	return d, nil
}

// Create keeps a file as a new draft of the person's. from is the step that it was copied from, "course/module/step", or "".
// The id is made by the form: sent again, it is the same draft. Conflict when there are MaxDrafts.
func (s *Drafts) Create(ctx context.Context, who *account.Person, newID, source, from string) (*Draft, error) {
	if !may(who) {
		return nil, errNotFound
	}
	if !id.Valid(newID) {
		newID = id.New()
	}
	now := s.clock()
	courseKey, activityKey := cutStep(from)
	d := &Draft{
		ID: newID, OwnerID: &who.ID, Title: titleOf(source), CourseKey: courseKey, ActivityKey: activityKey, Source: source,
		Stamp: draft.Stamp{Version: 1}, CreatedAt: now, SavedAt: now,
	}
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "drafts:"+who.ID); err != nil {
			return err
		}
		if n, err := tx.NewSelect().Model((*Draft)(nil)).Where("d.id = ?", newID).Count(ctx); err != nil || n > 0 {
			return db.Err(err)
		}
		n, err := tx.NewSelect().Model((*Draft)(nil)).Where("d.owner_id = ?", who.ID).Count(ctx)
		if err != nil {
			return fmt.Errorf("count drafts: %w", db.Err(err))
		}
		if n >= MaxDrafts {
			return fault.New(fault.Conflict, "author.error.too_many", "Max", MaxDrafts)
		}
		if _, err := tx.NewInsert().Model(d).Exec(ctx); err != nil {
			return fmt.Errorf("keep a draft: %w", db.Err(err))
		}
		return s.keep(ctx, tx, d, who, KindSaved, "", 0)
	})
	if err != nil {
		return nil, err
	}
	return s.Open(ctx, who, newID)
}

// change runs fn on a draft that nobody else writes meanwhile.
func (s *Drafts) change(ctx context.Context, who *account.Person, draftID string, fn func(ctx context.Context, tx bun.Tx, d *Draft) error) (*Draft, error) {
	var d *Draft
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "draft:"+draftID); err != nil {
			return err
		}
		var err error
		if d, err = s.find(ctx, tx, who, draftID); err != nil {
			return err
		}
		return fn(ctx, tx, d)
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Remove deletes a draft with all its revisions, for good. Its owner may.
func (s *Drafts) Remove(ctx context.Context, who *account.Person, draftID string) error {
	_, err := s.change(ctx, who, draftID, func(ctx context.Context, tx bun.Tx, d *Draft) error {
		if !d.Mine {
			return fault.New(fault.Forbidden, "author.error.not_owner")
		}
		_, err := tx.NewDelete().Model((*Draft)(nil)).Where("id = ?", d.ID).Exec(ctx)
		return db.Err(err)
	})
	return err
}

// Teachers are those who write along at a draft, and those who could be asked to: whoever is author of the site.
func (s *Drafts) Teachers(ctx context.Context, d *Draft) (along, others []Teacher, err error) {
	var in []struct {
		ID, Name string
		Along    bool
	}
	err = s.db.NewSelect().TableExpr("person AS p").ColumnExpr("p.id, p.name, (a.person_id IS NOT NULL) AS along").
		Join("LEFT JOIN scenario_draft_author AS a ON a.person_id = p.id AND a.draft_id = ?", d.ID).
		Where("(a.person_id IS NOT NULL OR p.id IN (?))", access.Holders(s.db, s.clock(), []string{account.RoleAuthor}, "")).
		OrderExpr("p.name, p.id").Limit(200).Scan(ctx, &in)
	if err != nil {
		return nil, nil, fmt.Errorf("who may write along: %w", db.Err(err))
	}
	for _, x := range in {
		switch {
		case x.Along:
			along = append(along, Teacher{x.ID, x.Name})
		case d.OwnerID == nil || *d.OwnerID != x.ID:
			others = append(others, Teacher{x.ID, x.Name})
		}
	}
	return along, others, nil
}

// Invite lets an author of the site write along. The draft's owner may; who is no author is NotFound, too many are a Conflict.
func (s *Drafts) Invite(ctx context.Context, who *account.Person, draftID, personID string) error {
	_, err := s.change(ctx, who, draftID, func(ctx context.Context, tx bun.Tx, d *Draft) error {
		if !d.Mine {
			return fault.New(fault.Forbidden, "author.error.not_owner")
		}
		n, err := tx.NewSelect().TableExpr("person AS p").Where("p.id = ?", personID).
			Where("p.id IN (?)", access.Holders(tx, s.clock(), []string{account.RoleAuthor}, "")).Count(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("find an author: %w", db.Err(err))
		case n == 0:
			return errNotFound
		case d.Along >= MaxAlong:
			return fault.New(fault.Conflict, "author.error.too_many_along", "Max", MaxAlong)
		}
		_, err = tx.NewInsert().Model(&along{DraftID: d.ID, PersonID: personID}).On("CONFLICT (draft_id, person_id) DO NOTHING").Exec(ctx)
		if err != nil {
			return db.Err(err)
		}
		return s.note(ctx, tx, who, d, "scenario.draft_shared", personID)
	})
	return err
}

// Leave ends that somebody writes along: the draft's owner ends it for anybody, others for themselves.
func (s *Drafts) Leave(ctx context.Context, who *account.Person, draftID, personID string) error {
	_, err := s.change(ctx, who, draftID, func(ctx context.Context, tx bun.Tx, d *Draft) error {
		if !d.Mine && personID != who.ID {
			return fault.New(fault.Forbidden, "author.error.not_owner")
		}
		_, err := tx.NewDelete().Model((*along)(nil)).Where("draft_id = ?", d.ID).Where("person_id = ?", personID).Exec(ctx)
		if err != nil {
			return db.Err(err)
		}
		return s.note(ctx, tx, who, d, "scenario.draft_unshared", personID)
	})
	return err
}

// note writes who may read what into the log; the person stands in it by name while they are here.
func (s *Drafts) note(ctx context.Context, tx bun.IDB, who *account.Person, d *Draft, action, personID string) error {
	var name []string
	if err := tx.NewSelect().TableExpr("person AS p").Column("p.name").Where("p.id = ?", personID).Scan(ctx, &name); err != nil {
		return db.Err(err)
	}
	e := audit.Entry{At: s.clock(), ActorID: who.ID, ActorName: who.Name, Action: action, PersonID: personID, Subject: d.Title}
	if len(name) > 0 {
		e.PersonName = name[0]
	}
	return audit.Record(ctx, tx, e)
}

type along struct {
	bun.BaseModel `bun:"table:scenario_draft_author,alias:a"`

	DraftID  string `bun:",pk"`
	PersonID string `bun:",pk"`
}

// titleOf is what a file is called; "" when it cannot be read.
func titleOf(source string) string {
	root, _ := scenario.Tree([]byte(source))
	if root == nil {
		return ""
	}
	t := []rune((&Doc{root}).Title())
	return string(t[:min(len(t), 200)])
}

// cutStep parts "course/module/step".
func cutStep(at string) (courseKey, activityKey string) {
	courseKey, activityKey, _ = strings.Cut(at, "/")
	return courseKey, activityKey
}

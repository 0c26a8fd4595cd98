package author

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/scenario"
	"greenroom/internal/words"
)

// Kinds of revisions.
const (
	KindSaved     = "saved"
	KindRestored  = "restored"  // made of an older one
	KindAside     = "aside"     // what somebody wrote while another did: kept, and never the newest that counts
	KindPublished = "published" // went into a course
)

// What thinning leaves: the newest ones all, of those before one for each person and ten minutes, and every one with a note.
const (
	keepNewest = 20
	sitting    = 10 * time.Minute
)

// Revision is one state of a draft; table scenario_draft_revision.
type Revision struct {
	bun.BaseModel `bun:"table:scenario_draft_revision,alias:v"`

	DraftID  string `bun:",pk"`
	Number   int64  `bun:",pk"`
	Source   string
	AuthorID *string
	Note     string
	Kind     string
	Page     string // the page load that wrote it
	CameFrom int64
	SavedAt  time.Time

	Name string `bun:",scanonly"` // of who wrote it; "" when they have left
}

// keep adds a revision with what the draft holds, and thins older ones.
func (s *Drafts) keep(ctx context.Context, tx bun.IDB, d *Draft, who *account.Person, kind, note string, from int64) error {
	r := &Revision{DraftID: d.ID, Number: d.Version, Source: d.Source, AuthorID: &who.ID, Note: note, Kind: kind, Page: d.Page, CameFrom: from, SavedAt: d.SavedAt}
	return add(ctx, tx, r)
}

func add(ctx context.Context, tx bun.IDB, r *Revision) error {
	if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
		return fmt.Errorf("keep revision %d of a draft: %w", r.Number, db.Err(err))
	}
	return thin(ctx, tx, r.DraftID, r.Number)
}

// thin takes out what nobody will ask for: it looks at the one revision that has just become old, and at the number of all.
func thin(ctx context.Context, tx bun.IDB, draftID string, newest int64) error {
	var two []Revision // the one that became old, and the one before
	err := tx.NewSelect().Model(&two).Column("v.number", "v.author_id", "v.note", "v.kind", "v.saved_at").Where("v.draft_id = ?", draftID).
		Where("v.number <= ?", newest-keepNewest).OrderExpr("v.number DESC").Limit(2).Scan(ctx)
	if err != nil {
		return fmt.Errorf("thin revisions: %w", db.Err(err))
	}
	gone := int64(0)
	if len(two) == 2 && two[0].plain() && sameAuthor(two[0], two[1]) && two[0].SavedAt.Sub(two[1].SavedAt) < sitting {
		gone = two[0].Number
	}
	if gone == 0 {
		if gone, err = surplus(ctx, tx, draftID); err != nil || gone == 0 {
			return err
		}
	}
	_, err = tx.NewDelete().Model((*Revision)(nil)).Where("draft_id = ?", draftID).Where("number = ?", gone).Exec(ctx)
	return db.Err(err)
}

// surplus is the revision to give up when there are more than MaxRevisions: the oldest plain one, else the oldest.
func surplus(ctx context.Context, tx bun.IDB, draftID string) (int64, error) {
	n, err := tx.NewSelect().Model((*Revision)(nil)).Where("v.draft_id = ?", draftID).Count(ctx)
	if err != nil || n <= MaxRevisions {
		return 0, db.Err(err)
	}
	var r Revision
	err = tx.NewSelect().Model(&r).Column("v.number").Where("v.draft_id = ?", draftID).
		OrderExpr("CASE WHEN v.note = '' AND v.kind = ? THEN 0 ELSE 1 END, v.number", KindSaved).Limit(1).Scan(ctx)
	return r.Number, db.Err(err)
}

func (r Revision) plain() bool { return r.Note == "" && r.Kind == KindSaved }

func sameAuthor(a, b Revision) bool {
	return a.AuthorID != nil && b.AuthorID != nil && *a.AuthorID == *b.AuthorID
}

// Clash is the cause of a Conflict: somebody else has written at the same place meanwhile. What was written now is kept as
// the revision Aside.
type Clash struct {
	Aside int64
	Now   *Draft
}

func (c *Clash) Error() string { return "draft " + c.Now.ID + " was changed elsewhere" }

// Change is what a page sends: what was typed at a place of the draft as the page showed it, and what a button says.
type Change struct {
	Page draft.Form // Version is the number of the revision that the page shows
	At   string
	Do   string
	Form url.Values // of At's fields; of Text the field "source"; of a passage also "rename", its key from now on
	Note string
}

// Write makes a change and returns the draft with the place to show next. Whoever writes at another place than others do
// meanwhile, is in nobody's way; at the same place the answer is a Conflict (see Clash), and nothing is lost. Invalid
// when the file would be too large or cannot be written: its cause TooLarge then has what it would have been; and, with the
// field "rename", when a scene's new key is none or is taken.
func (s *Drafts) Write(ctx context.Context, who *account.Person, draftID string, c Change) (*Draft, string, error) {
	c.Note = words.Clean(c.Note, true)
	if n := utf8.RuneCountInString(c.Note); n > MaxNote {
		var bad fault.Fields
		bad.Add("note", "author.error.note", "Max", MaxNote, "Over", n-MaxNote)
		return nil, c.At, bad.Err()
	}
	if !id.Valid(c.Page.Page) {
		c.Page.Page = ""
	}
	at := c.At
	var clash *Clash
	d, err := s.change(ctx, who, draftID, func(ctx context.Context, tx bun.Tx, d *Draft) error {
		at, clash = c.At, nil // it may run again
		base := d.Source
		switch d.Judge(c.Page) {
		case draft.Late:
			return nil
		case draft.Clash:
			old, err := s.shown(ctx, tx, d.ID, c.Page)
			if err != nil {
				return err
			}
			// The two may be about different things. What the page showed may also be thinned away: then nobody knows.
			if old == nil || !SamePlace(old.Source, d.Source, c.At) {
				clash = &Clash{}
			}
			if clash != nil && old != nil {
				base = old.Source
			}
		}
		out, next, err := edited(base, c)
		if err != nil {
			return err
		}
		at = next
		if clash != nil {
			return s.putAside(ctx, tx, d, who, out, c, clash)
		}
		return s.put(ctx, tx, d, who, out, KindSaved, c.Note, 0, c.Page)
	})
	if err == nil && clash != nil {
		return d, at, fault.New(fault.Conflict, "author.error.clash").Because(clash)
	}
	return d, at, err
}

// put makes a file the newest revision; the same file again is none, unless it gets a note.
func (s *Drafts) put(ctx context.Context, tx bun.IDB, d *Draft, who *account.Person, source, kind, note string, from int64, page draft.Form) error {
	if d.Source == source && note == "" && kind == KindSaved {
		return nil
	}
	d.Source, d.Title, d.SavedAt, d.Stamp = source, titleOf(source), s.clock(), d.Next(page)
	if _, err := tx.NewUpdate().Model(d).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("keep a draft: %w", db.Err(err))
	}
	return s.keep(ctx, tx, d, who, kind, note, from)
}

// putAside keeps what somebody wrote beside what stands: two revisions, the second of which holds what stood before.
func (s *Drafts) putAside(ctx context.Context, tx bun.IDB, d *Draft, who *account.Person, source string, c Change, clash *Clash) error {
	clash.Now = d
	if source == d.Source {
		clash.Aside = d.Version
		return nil
	}
	var last []Revision // the same press, again
	err := tx.NewSelect().Model(&last).Where("v.draft_id = ?", d.ID).Where("v.kind = ?", KindAside).Where("v.author_id = ?", who.ID).
		OrderExpr("v.number DESC").Limit(1).Scan(ctx)
	if err != nil {
		return fmt.Errorf("look for what was put aside: %w", db.Err(err))
	}
	if len(last) == 1 && last[0].Source == source {
		clash.Aside = last[0].Number
		return nil
	}
	stands, err := s.revision(ctx, tx, d.ID, d.Version)
	if err != nil {
		return err
	}
	mine := &Revision{DraftID: d.ID, Number: d.Version + 1, Source: source, AuthorID: &who.ID, Kind: KindAside, CameFrom: c.Page.Version, SavedAt: s.clock()}
	stands.Number = d.Version + 2 // again, and still by whom it is
	for _, r := range []*Revision{mine, stands} {
		if err := add(ctx, tx, r); err != nil {
			return err
		}
	}
	clash.Aside, d.Version = mine.Number, stands.Number
	_, err = tx.NewUpdate().Model(d).Column("version").WherePK().Exec(ctx)
	return db.Err(err)
}

// shown is the revision that a page has last shown or written; nil when it is gone.
func (s *Drafts) shown(ctx context.Context, tx bun.IDB, draftID string, page draft.Form) (*Revision, error) {
	var rows []Revision
	q := tx.NewSelect().Model(&rows).Where("v.draft_id = ?", draftID)
	if page.Page == "" {
		q = q.Where("v.number = ?", page.Version)
	} else {
		q = q.Where("(v.number = ? OR v.page = ?)", page.Version, page.Page)
	}
	if err := q.OrderExpr("v.number DESC").Limit(1).Scan(ctx); err != nil {
		return nil, fmt.Errorf("what a page showed: %w", db.Err(err))
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// TooLarge is the cause of an Invalid: the file that would have come out.
type TooLarge struct{ Source string }

func (t *TooLarge) Error() string { return "the file would be too large" }

// edited applies a change to a file.
func edited(source string, c Change) (out, at string, err error) {
	if c.At == Text {
		out = Unix(c.Form.Get("source"))
		if len(out) > MaxFile {
			return "", Text, tooLarge(out)
		}
		d, _ := Read([]byte(out))
		if to, ok := strings.CutPrefix(c.Do, "open:"); ok && d != nil {
			return out, d.Open(to), nil
		}
		return out, Text, nil
	}
	d, _ := Read([]byte(source))
	if d == nil {
		return source, Text, nil
	}
	at = d.Open(c.At)
	d.Apply(d.Fields(at), c.Form)
	place := at
	at = d.Do(at, c.Do, c.Form)
	if key, ok := strings.CutPrefix(place, "p:"); ok && c.Form.Has("rename") {
		to := strings.TrimSpace(c.Form.Get("rename"))
		if err := d.Rename(key, to); err != nil {
			return "", place, err
		}
		if at == place {
			at = At(to)
		}
	}
	raw, err := d.Bytes()
	switch {
	case err != nil:
		return "", at, fault.New(fault.Invalid, "author.unwritable")
	case len(raw) > MaxFile:
		return "", Text, tooLarge(string(raw))
	}
	return string(raw), at, nil
}

func tooLarge(source string) error {
	var bad fault.Fields
	bad.Add("source", "author.too_large", "Size", MaxFile>>10)
	return fault.From(bad.Err()).Because(&TooLarge{source})
}

// Unix has the line ends of a file.
func Unix(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// SamePlace says whether two files have the same at a place. Of the list of scenes it is their order and ways.
func SamePlace(a, b, at string) bool {
	if a == b {
		return true
	}
	if at == Text {
		return false
	}
	x, _ := Read([]byte(a))
	y, _ := Read([]byte(b))
	if x == nil || y == nil || x.Open(at) != y.Open(at) {
		return false
	}
	return sameFields(x.Fields(at), y.Fields(at)) && (at != Scenes || slices.Equal(x.Passages(), y.Passages()))
}

func sameFields(a, b []*Field) bool {
	return slices.EqualFunc(a, b, func(x, y *Field) bool {
		return x.Path == y.Path && x.Value == y.Value && x.There == y.There && x.Strange == y.Strange && sameFields(x.Fields, y.Fields) &&
			slices.EqualFunc(x.Choices, y.Choices, func(o, p Option) bool { return o.Value == p.Value && o.Chosen == p.Chosen }) &&
			slices.EqualFunc(x.Items, y.Items, func(i, j *Item) bool { return i.Path == j.Path && i.Name == j.Name && sameFields(i.Fields, j.Fields) })
	})
}

// History is a draft's revisions without their files, the newest first.
func (s *Drafts) History(ctx context.Context, d *Draft) ([]Revision, error) {
	var out []Revision
	err := s.db.NewSelect().Model(&out).Column("v.draft_id", "v.number", "v.author_id", "v.note", "v.kind", "v.came_from", "v.saved_at").
		ColumnExpr("COALESCE(p.name, '') AS name").Join("LEFT JOIN person AS p ON p.id = v.author_id").
		Where("v.draft_id = ?", d.ID).OrderExpr("v.number DESC").Limit(MaxRevisions + 1).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("revisions of a draft: %w", db.Err(err))
	}
	return out, nil
}

// Exactly is the number of the newest revision of a draft that has exactly this file; 0 when none has.
func (s *Drafts) Exactly(ctx context.Context, d *Draft, source string) (int64, error) {
	if d.Source == source {
		return d.Version, nil
	}
	var all []int64
	err := s.db.NewSelect().Model((*Revision)(nil)).Column("v.number").Where("v.draft_id = ?", d.ID).Where("v.source = ?", source).
		OrderExpr("v.number DESC").Limit(1).Scan(ctx, &all)
	if err != nil || len(all) == 0 {
		return 0, db.Err(err)
	}
	return all[0], nil
}

// Revision is one revision of a draft, with its file; NotFound when there is none of that number (any more).
func (s *Drafts) Revision(ctx context.Context, d *Draft, number int64) (*Revision, error) {
	return s.revision(ctx, s.db, d.ID, number)
}

func (s *Drafts) revision(ctx context.Context, tx bun.IDB, draftID string, number int64) (*Revision, error) {
	r := new(Revision)
	err := tx.NewSelect().Model(r).ColumnExpr("v.*").ColumnExpr("COALESCE(p.name, '') AS name").Join("LEFT JOIN person AS p ON p.id = v.author_id").
		Where("v.draft_id = ?", draftID).Where("v.number = ?", number).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	return r, nil
}

// Restore makes an older revision, or one that was put aside, the newest. Done again it is the same.
func (s *Drafts) Restore(ctx context.Context, who *account.Person, draftID string, number int64) (*Draft, error) {
	return s.change(ctx, who, draftID, func(ctx context.Context, tx bun.Tx, d *Draft) error {
		r, err := s.revision(ctx, tx, d.ID, number)
		if err != nil {
			return err
		}
		if r.Source == d.Source {
			return nil
		}
		return s.put(ctx, tx, d, who, r.Source, KindRestored, "", number, draft.Form{})
	})
}

// Target is where a draft is published to.
type Target struct {
	Course string
	Step   string // "module/step"
	Base   string // the hash of the course's revision that the author looked at; "" any
}

// Publish makes a draft a step of a course: a new one at the end of its module, or in place of the scenario that is there.
// Authors may. The draft must be of the version that the author looked at, and have no errors: *course.Broken says what is
// wrong. Learners who have begun stay on what they began with. Conflict when draft or course have changed meanwhile.
func (s *Drafts) Publish(ctx context.Context, who *account.Person, draftID string, version int64, to Target) (course.Published, error) {
	d, err := s.Open(ctx, who, draftID)
	switch {
	case err != nil:
		return course.Published{}, err
	case !who.Can(account.RoleAuthor, ""):
		return course.Published{}, fault.New(fault.Forbidden, "author.error.not_author")
	case d.Version != version:
		return course.Published{}, fault.New(fault.Conflict, "author.error.changed_since")
	}
	return s.courses.Amend(ctx, course.Amendment{
		Course: to.Course, Step: to.Step, Kind: scenario.Kind{}.Name(), Data: []byte(d.Source), Base: to.Base,
		Note: func(ctx context.Context, tx bun.IDB, rev *course.Revision) error {
			err := audit.Record(ctx, tx, audit.Entry{At: s.clock(), ActorID: who.ID, ActorName: who.Name, Action: "scenario.published", Subject: to.Course + "/" + to.Step, Reason: d.Title})
			if err != nil {
				return err
			}
			_, err = tx.NewUpdate().Model((*Draft)(nil)).Set("course_key = ?", to.Course).Set("activity_key = ?", to.Step).Where("id = ?", d.ID).Exec(ctx)
			if err != nil {
				return fmt.Errorf("note what was published: %w", db.Err(err))
			}
			_, err = tx.NewUpdate().Model((*Revision)(nil)).Set("kind = ?", KindPublished).Where("draft_id = ?", d.ID).Where("number = ?", d.Version).Exec(ctx)
			return db.Err(err)
		},
	})
}

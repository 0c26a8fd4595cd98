package disposal

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/id"
)

// Kept is what was put aside of one person under one hold; table legal_kept.
type Kept struct {
	bun.BaseModel `bun:"table:legal_kept,alias:x"`

	ID, HoldID, PersonID, Name string
	Lines                      int
	At                         time.Time
}

// keptLine is one row of theirs; table legal_kept_line.
type keptLine struct {
	bun.BaseModel `bun:"table:legal_kept_line,alias:y"`

	KeptID string `bun:",pk"`
	N      int    `bun:",pk"`
	Source string
	Data   string
}

// covering are the holds in force that cover a person: on them, on a cohort that they were in or wrote in, on a case about what they
// wrote or reported.
func covering(ctx context.Context, tx bun.IDB, personID string) ([]Hold, error) {
	var all []Hold
	err := tx.NewSelect().Model(&all).Where("h.lifted_at IS NULL").WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("h.person_id = ?", personID).
			WhereOr("h.delivery_id IN (SELECT e.delivery_id FROM enrolment AS e WHERE e.person_id = ?)", personID).
			WhereOr("h.delivery_id IN (SELECT t.delivery_id FROM forum_post AS q JOIN forum_thread AS t ON t.id = q.thread_id WHERE q.author_id = ?)", personID).
			WhereOr("h.case_id IN (SELECT c.id FROM moderation_case AS c WHERE ? IN (c.author_id, c.claimed_by, c.decided_by, c.outcome_by))", personID).
			WhereOr("h.case_id IN (SELECT r.case_id FROM moderation_report AS r WHERE r.reporter_id = ?)", personID)
	}).OrderExpr("h.placed_at, h.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("holds that cover a person: %w", db.Err(err))
	}
	return all, nil
}

// Stays tells a person which holds keep a copy of what, before they delete their account.
func (s *Service) Stays(ctx context.Context, p *account.Person) ([]account.Stay, error) {
	all, err := covering(ctx, s.db, p.ID)
	var out []account.Stay
	for _, h := range all {
		out = append(out, account.Stay{Key: "records.stays." + h.Kind(), Args: []any{"Reason", h.Reason}, On: h.PlacedAt})
	}
	return out, err
}

// Erase puts aside what holds cover of a person, in the transaction that deletes them and before anything is changed.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, p *account.Person, _ account.Wish) error {
	if err := db.Lock(ctx, tx, holdLock); err != nil {
		return err
	}
	all, err := covering(ctx, tx, p.ID)
	if err != nil || len(all) == 0 {
		return err
	}
	shape, err := db.Shape(ctx, tx)
	if err != nil {
		return err
	}
	for i := range all {
		if err := s.putAside(ctx, tx, shape, &all[i], p); err != nil {
			return fmt.Errorf("put aside what a hold covers: %w", err)
		}
	}
	return nil
}

// part is rows of one table.
type part struct {
	table, where string
	args         []any
}

// parts are what a hold covers of a person: on the person, every row that is theirs or names them; else who they are, and what they
// wrote, reported and decided in the cohort or the case.
func parts(shape []db.Relation, h *Hold, personID string) []part {
	if h.Kind() == "person" {
		var out []part
		for _, t := range shape {
			if account.LeftOut[t.Name] != "" {
				continue
			}
			if where := account.Rows(shape, t.Name); where != "" {
				out = append(out, part{t.Name, where, []any{personID}})
			}
		}
		return append(out,
			part{"forum_post", "id IN (SELECT m.post_id FROM forum_mention AS m WHERE m.person_id = ?)", []any{personID}},
			part{"moderation_case", "? IN (claimed_by, decided_by, outcome_by)", []any{personID}},
			part{"audit", "? IN (actor_id, person_id)", []any{personID}},
		)
	}
	posts := "thread_id IN (SELECT t.id FROM forum_thread AS t WHERE t.delivery_id = ?)"
	cases, of := "delivery_id = ?", h.DeliveryID
	decided := "delivery_id = ?"
	if h.Kind() == "case" {
		posts, of = "id IN (SELECT c.post_id FROM moderation_case AS c WHERE c.id = ?)", h.CaseID
		cases, decided = "id = ?", "subject IN (SELECT c.post_id FROM moderation_case AS c WHERE c.id = ? AND c.post_id <> '')"
	}
	mine := "author_id = ? AND " + posts
	return []part{
		{"person", "id = ?", []any{personID}},
		{"enrolment", "person_id = ? AND delivery_id = ?", []any{personID, h.DeliveryID}},
		{"forum_thread", "author_id = ? AND delivery_id = ?", []any{personID, h.DeliveryID}},
		{"forum_post", mine, []any{personID, of}},
		{"forum_edit", "post_id IN (SELECT id FROM forum_post WHERE " + mine + ")", []any{personID, of}},
		{"forum_alias", "person_id = ? AND delivery_id = ?", []any{personID, h.DeliveryID}},
		{"forum_post", "id IN (SELECT m.post_id FROM forum_mention AS m WHERE m.person_id = ?) AND " + posts, []any{personID, of}},
		{"moderation_case", "? IN (author_id, claimed_by, decided_by, outcome_by) AND " + cases, []any{personID, of}},
		{"moderation_report", "reporter_id = ? AND case_id IN (SELECT id FROM moderation_case WHERE " + cases + ")", []any{personID, of}},
		{"moderation_suspension", "person_id = ? AND case_id IN (SELECT id FROM moderation_case WHERE " + cases + ")", []any{personID, of}},
		{"audit", "? IN (actor_id, person_id) AND " + decided, []any{personID, of}},
	}
}

func (s *Service) putAside(ctx context.Context, tx bun.IDB, shape []db.Relation, h *Hold, p *account.Person) error {
	k := &Kept{ID: id.New(), HoldID: h.ID, PersonID: p.ID, Name: p.Name, At: s.now()}
	if _, err := tx.NewInsert().Model(k).Exec(ctx); err != nil {
		return db.Err(err)
	}
	for _, part := range parts(shape, h, p.ID) {
		for from := 0; ; {
			var lines []keptLine
			n, err := account.ExportRows(ctx, tx, shape, part.table, part.where, part.args, from, func(line []byte) error {
				k.Lines++
				lines = append(lines, keptLine{KeptID: k.ID, N: k.Lines, Source: part.table, Data: string(line)})
				return nil
			})
			if err != nil {
				return fmt.Errorf("rows of %s: %w", part.table, err)
			}
			if len(lines) > 0 {
				if _, err := tx.NewInsert().Model(&lines).Exec(ctx); err != nil {
					return db.Err(err)
				}
			}
			if from += n; n < account.ExportBatch {
				break
			}
		}
	}
	if _, err := tx.NewUpdate().Model(k).Column("lines").Where("x.id = ?", k.ID).Exec(ctx); err != nil {
		return db.Err(err)
	}
	return tie(ctx, tx, h, p.ID)
}

// tie notes which threads and cases a hold on a person covers, since they name nobody once the person has gone.
func tie(ctx context.Context, tx bun.IDB, h *Hold, personID string) error {
	if h.Kind() != "person" {
		return nil
	}
	for series, ids := range map[string]string{
		Discussion: "SELECT q.thread_id AS id FROM forum_post AS q WHERE q.author_id = ? UNION SELECT t.id FROM forum_thread AS t WHERE t.author_id = ?",
		Moderation: "SELECT c.id AS id FROM moderation_case AS c WHERE ? IN (c.author_id, c.claimed_by, c.decided_by, c.outcome_by) UNION SELECT r.case_id FROM moderation_report AS r WHERE r.reporter_id = ?",
	} {
		_, err := tx.NewRaw("INSERT INTO legal_hold_item (hold_id, series, item_id) SELECT ?, ?, u.id FROM ("+ids+") AS u", h.ID, series, personID, personID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("what a hold covers: %w", db.Err(err))
		}
	}
	return nil
}

func (s *Service) kept(ctx context.Context, holdID string) ([]Kept, error) {
	var all []Kept
	if err := s.db.NewSelect().Model(&all).Where("x.hold_id = ?", holdID).OrderExpr("x.at, x.id").Limit(500).Scan(ctx); err != nil {
		return nil, fmt.Errorf("what a hold has kept: %w", db.Err(err))
	}
	return all, nil
}

// Open gives what was put aside of one person to fn, row by row: the table and the row as JSON. That somebody read it is noted in both
// logs first. NotFound when there is nothing of the kind under that hold.
func (s *Service) Open(ctx context.Context, who *account.Person, holdID, keptID string, fn func(table, row string) error) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		k := new(Kept)
		if err := tx.NewSelect().Model(k).Where("x.id = ?", keptID).Where("x.hold_id = ?", holdID).Scan(ctx); err != nil {
			return db.Err(err)
		}
		return s.note(ctx, tx, who, "kept_read", note{subject: holdID, personID: k.PersonID, detail: map[string]any{"hold": holdID, "kept": keptID}})
	})
	if err != nil {
		return err
	}
	for after := 0; ; {
		var some []keptLine
		if err := s.db.NewSelect().Model(&some).Where("y.kept_id = ?", keptID).Where("y.n > ?", after).OrderExpr("y.n").Limit(200).Scan(ctx); err != nil {
			return fmt.Errorf("read what a hold has kept: %w", db.Err(err))
		}
		for _, l := range some {
			if err := fn(l.Source, l.Data); err != nil {
				return err
			}
			after = l.N
		}
		if len(some) < 200 {
			return nil
		}
	}
}

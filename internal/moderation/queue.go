package moderation

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
)

// The lists of the queue.
const (
	ListWaiting  = "waiting"  // open, claimed and appealed
	ListMine     = "mine"     // claimed by the reader
	ListAppeals  = "appeals"  // appealed
	ListFinished = "finished" // decided and closed
)

// Lists are all of them.
var Lists = []string{ListWaiting, ListMine, ListAppeals, ListFinished}

// Row is one case of the queue.
type Row struct {
	Case     `bun:",extend"`
	Reports  int
	Delivery string // title; "" of a case of the whole site
	Claimer  string // name
}

// visible narrows a query over cases to those that the person decides about. Cases of no delivery are for moderators of the site.
func visible(q *bun.SelectQuery, who *account.Person) *bun.SelectQuery {
	if Moderates(who, "") {
		return q
	}
	ids := append(who.Deliveries(account.RoleModerator), who.Deliveries(account.RoleTrainer)...)
	return q.Where("c.delivery_id IN (?)", bun.List(append(ids, "-")))
}

// Queue reads a page of a list, what is due first on top, and how many there are.
func (s *Service) Queue(ctx context.Context, who *account.Person, list string, page int) ([]Row, int, error) {
	var rows []Row
	q := visible(s.db.NewSelect().Model(&rows), who).ColumnExpr("c.*").
		ColumnExpr("(SELECT COUNT(*) FROM moderation_report AS r WHERE r.case_id = c.id) AS reports").
		ColumnExpr("COALESCE((SELECT d.title FROM delivery AS d WHERE d.id = c.delivery_id), '') AS delivery").
		ColumnExpr("COALESCE((SELECT p.name FROM person AS p WHERE p.id = c.claimed_by), '') AS claimer")
	order := "c.due_at, c.id"
	switch list {
	case ListMine:
		q = q.Where("c.claimed_by = ?", who.ID).Where("c.state = ?", Claimed)
	case ListAppeals:
		q = q.Where("c.state = ?", Appealed)
	case ListFinished:
		q, order = q.Where("c.state IN (?, ?)", Decided, Closed), "c.decided_at DESC, c.id"
	default:
		q = q.Where("c.state IN (?, ?, ?)", Open, Claimed, Appealed)
	}
	n, err := q.OrderExpr(order).Limit(PerPage).Offset(int64(PerPage * max(0, page-1))).ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("the queue: %w", db.Err(err))
	}
	return rows, int(n), nil
}

// Dossier is a case with all that a moderator needs to decide it.
type Dossier struct {
	*Case
	Post     *forum.Post   // as it is now; nil when it is about none, or it is gone
	Thread   *forum.Thread // of the post
	Author   string        // name, "" when they have gone
	Delivery string
	Reports  []Report // without who sent them: nobody needs that to decide
	Lines    []Line
	Names    map[string]string // of moderators, by id
	Earlier  int               // decisions against the author in this delivery before
	Conflict bool              // the reader wrote the post, or reported it
}

// Dossier reads a case. NotFound unless the person decides about it.
func (s *Service) Dossier(ctx context.Context, who *account.Person, caseID string) (*Dossier, error) {
	c, err := caseByID(ctx, s.db, caseID, false)
	if err != nil {
		return nil, err
	}
	if !Moderates(who, c.DeliveryID) {
		return nil, errNotFound
	}
	d := &Dossier{Case: c, Names: map[string]string{}}
	if c.PostID != "" {
		if d.Post, d.Thread, err = s.forum.Find(ctx, s.db, c.PostID); err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	if err := s.db.NewSelect().Model(&d.Reports).Where("r.case_id = ?", c.ID).OrderExpr("r.id").Limit(100).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reports of a case: %w", db.Err(err))
	}
	d.Conflict = c.AuthorID != "" && c.AuthorID == who.ID
	for _, r := range d.Reports {
		d.Conflict = d.Conflict || r.ReporterID != "" && r.ReporterID == who.ID
	}
	if d.Lines, err = s.OfCase(ctx, c.ID); err != nil {
		return nil, err
	}
	ids := []string{c.AuthorID, c.ClaimedBy, c.DecidedBy, c.OutcomeBy}
	for _, l := range d.Lines {
		ids = append(ids, l.Actor)
	}
	var people []struct{ ID, Name string }
	if err := s.db.NewSelect().Table("person").Column("id", "name").Where("id IN (?)", bun.List(ids)).Scan(ctx, &people); err != nil {
		return nil, fmt.Errorf("names of a case: %w", db.Err(err))
	}
	for _, p := range people {
		d.Names[p.ID] = p.Name
	}
	d.Author = d.Names[c.AuthorID]
	if c.DeliveryID != "" {
		if err := s.db.NewSelect().Table("delivery").Column("title").Where("id = ?", c.DeliveryID).Scan(ctx, &d.Delivery); err != nil {
			return nil, db.Err(err)
		}
	}
	if c.AuthorID != "" {
		n, err := s.db.NewSelect().Model((*Case)(nil)).Where("c.author_id = ?", c.AuthorID).Where("c.delivery_id = ?", c.DeliveryID).Where("c.id <> ?", c.ID).
			Where("c.action IN (?, ?, ?, ?)", Note, Hide, Warn, Suspend).Where("c.outcome <> 'overturned'").Count(ctx)
		if err != nil {
			return nil, db.Err(err)
		}
		d.Earlier = int(n)
	}
	return d, nil
}

// Mine is a case as the author of the post sees it: what was decided, why, and how to appeal. NotFound for everybody else, and before it
// is decided.
func (s *Service) Mine(ctx context.Context, who *account.Person, caseID string) (*Case, error) {
	c, err := caseByID(ctx, s.db, caseID, false)
	if err != nil {
		return nil, err
	}
	if c.AuthorID == "" || c.AuthorID != who.ID || c.DecidedAt == nil {
		return nil, errNotFound
	}
	return c, nil
}

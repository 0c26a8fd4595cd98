// Package audit is the log of decisions that people make about other people and about the site: who, when, what, whom
// it concerns, and why. It is written in the transaction of the decision and never changed.
//
// It is not the record of learning (internal/record) and no technical log: only what somebody may one day have to
// answer for. Names are those at the time; when a person is erased their names here become "", their ids stay.
package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/id"
)

// Entry is one decision; table audit. Times are UTC.
type Entry struct {
	bun.BaseModel `bun:"table:audit,alias:a"`

	ID         string `bun:",pk"`
	At         time.Time
	ActorID    string // "": the system or an operator at the command line
	ActorName  string
	Action     string // "role.granted"; the message audit.action.<action> says it in words
	PersonID   string // whom it concerns, "" nobody
	PersonName string
	DeliveryID string
	Subject    string // what else it concerns: a course, a question, a provider
	Reason     string // in the actor's words
	Data       string // JSON with details, or ""
}

// Key is the message that says the action in words.
func (e Entry) Key() string { return "audit.action." + e.Action }

// PageSize is how many entries List returns at most.
const PageSize = 50

// Record writes an entry within the caller's transaction. The ID is made here; At and Action must be set.
func Record(ctx context.Context, tx bun.IDB, e Entry) error {
	if e.Action == "" || e.At.IsZero() {
		return fmt.Errorf("audit: an entry needs a time and an action: %q", e.Action)
	}
	e.ID = id.New()
	if _, err := tx.NewInsert().Model(&e).Exec(ctx); err != nil {
		return fmt.Errorf("audit %q: %w", e.Action, err)
	}
	return nil
}

// Filter chooses entries; zero fields choose all. From is inclusive, To exclusive. Text is looked for in names, reason
// and subject, in any case. Action "role." is every action that begins so.
type Filter struct {
	Action, ActorID, PersonID, DeliveryID, Text string
	From, To                                    time.Time
	Page                                        int // from 1
}

// Service reads the log.
type Service struct{ db *bun.DB }

// New makes the service.
func New(d *bun.DB) *Service { return &Service{db: d} }

// List returns one page of entries, newest first, and how many there are in all.
func (s *Service) List(ctx context.Context, f Filter) ([]Entry, int, error) {
	var out []Entry
	q := f.on(s.db.NewSelect().Model(&out))
	n, err := q.OrderExpr("a.at DESC, a.id DESC").Limit(PageSize).Offset(int64(PageSize * max(0, f.Page-1))).ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("list audit: %w", err)
	}
	return out, int(n), nil
}

// Export calls fn with every entry of the filter, oldest first, reading in batches.
func (s *Service) Export(ctx context.Context, f Filter, fn func(Entry) error) error {
	const batch = 500
	var last Entry
	for {
		var out []Entry
		q := f.on(s.db.NewSelect().Model(&out))
		if last.ID != "" {
			q = q.Where("(a.at > ? OR a.at = ? AND a.id > ?)", last.At, last.At, last.ID)
		}
		if err := q.OrderExpr("a.at, a.id").Limit(batch).Scan(ctx); err != nil {
			return fmt.Errorf("export audit: %w", err)
		}
		for _, e := range out {
			if err := fn(e); err != nil {
				return err
			}
		}
		if len(out) < batch {
			return nil
		}
		last = out[len(out)-1]
	}
}

func (f Filter) on(q *bun.SelectQuery) *bun.SelectQuery {
	equal := func(column, v string) {
		if v != "" {
			q = q.Where("a."+column+" = ?", v)
		}
	}
	if strings.HasSuffix(f.Action, ".") {
		q = q.Where("a.action LIKE ? ESCAPE '!'", literal(f.Action)+"%")
	} else {
		equal("action", f.Action)
	}
	equal("actor_id", f.ActorID)
	equal("person_id", f.PersonID)
	equal("delivery_id", f.DeliveryID)
	if t := strings.TrimSpace(f.Text); t != "" {
		like := "%" + literal(strings.ToLower(t)) + "%"
		q = q.Where("(LOWER(a.reason) LIKE ? ESCAPE '!' OR LOWER(a.actor_name) LIKE ? ESCAPE '!' OR LOWER(a.person_name) LIKE ? ESCAPE '!' OR LOWER(a.subject) LIKE ? ESCAPE '!')",
			like, like, like, like)
	}
	if !f.From.IsZero() {
		q = q.Where("a.at >= ?", f.From)
	}
	if !f.To.IsZero() {
		q = q.Where("a.at < ?", f.To)
	}
	return q
}

// literal keeps a search text from being a pattern.
func literal(s string) string { return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s) }

// Erased are the ids of the people who have deleted their accounts since a time, each once.
func Erased(ctx context.Context, tx bun.IDB, since time.Time) ([]string, error) {
	var out []string
	err := tx.NewSelect().Model((*Entry)(nil)).ColumnExpr("DISTINCT a.person_id").Where("a.action = 'account.deleted'").Where("a.at >= ?", since).Scan(ctx, &out)
	if err != nil {
		return nil, fmt.Errorf("erased people: %w", err)
	}
	return out, nil
}

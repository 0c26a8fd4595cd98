// Package inbox is what people are told of on the site: a list for each person, and a stream that grows with it.
//
// An item has a name that is unique for the person, so what is told twice is there once. It holds no text of others:
// what it says is made when it is read, of its kind, its subject and what it points to.
package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/id"
	"greenroom/internal/stream"
)

// Item is one thing somebody is told of; table inbox.
type Item struct {
	bun.BaseModel `bun:"table:inbox,alias:i"`

	ID       string `bun:",pk"` // they sort by time
	PersonID string
	Name     string // unique for the person
	Kind     string // the message inbox.<Kind>
	Subject  string // for the message
	Href     string // an own path
	PostID   string // of a post, or ""
	At       time.Time
	ReadAt   *time.Time
	MailedAt *time.Time
}

// Told is the fact that somebody was told of something.
type Told struct {
	ItemID, PersonID, Kind string
	At                     time.Time
}

// FactName names the fact.
func (Told) FactName() string { return "inbox.told" }

// Keep is how long items are kept, and PerPage how many a page has.
const (
	Keep    = 180 * 24 * time.Hour
	PerPage = 50
)

// StreamOf is the name of a person's stream.
func StreamOf(personID string) string { return "person:" + personID }

// Service keeps the lists. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	streams *stream.Service
	now     func() time.Time
}

// New makes the service.
func New(d *bun.DB, st *stream.Service, now func() time.Time) *Service {
	return &Service{db: d, streams: st, now: now}
}

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// most is how many items are written in one statement.
const most = 500

// Tell adds items, in the transaction; those whose name the person has already are left out. It appends to streams, so
// call it last. It returns how many were new.
func (s *Service) Tell(ctx context.Context, tx bun.IDB, items []Item) (int, error) {
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b Item) int { return strings.Compare(a.PersonID+a.Name, b.PersonID+b.Name) }) // one order of locks
	fresh := 0
	for part := range slices.Chunk(items, most) {
		n, err := s.tell(ctx, tx, part)
		if err != nil {
			return 0, err
		}
		fresh += n
	}
	return fresh, nil
}

// tell is Tell for some items, which it changes.
func (s *Service) tell(ctx context.Context, tx bun.IDB, items []Item) (int, error) {
	now := s.clock()
	for i := range items {
		items[i].ID, items[i].At = id.New(), now
	}
	var fresh []Item
	if _, err := tx.NewInsert().Model(&items).On("CONFLICT (person_id, name) DO NOTHING").Returning("*").Exec(ctx, &fresh); err != nil {
		return 0, fmt.Errorf("tell people: %w", db.Err(err))
	}
	facts, entries := make([]Told, len(fresh)), make([]stream.Entry, len(fresh))
	for i, it := range fresh {
		facts[i] = Told{ItemID: it.ID, PersonID: it.PersonID, Kind: it.Kind, At: now}
		entries[i] = stream.Entry{Stream: StreamOf(it.PersonID), Kind: "inbox", Payload: `{"id":"` + it.ID + `"}`}
	}
	if err := event.RecordAll(ctx, tx, now, facts); err != nil {
		return 0, err
	}
	_, err := s.streams.AppendAll(ctx, tx, entries)
	return len(fresh), err
}

// List returns a page of a person's items, the newest first, from before the item named (""), and whether more follow.
func (s *Service) List(ctx context.Context, personID, before string) (items []Item, more bool, err error) {
	q := s.db.NewSelect().Model(&items).Where("i.person_id = ?", personID)
	if before != "" {
		q = q.Where("i.id < ?", before)
	}
	if err := q.OrderExpr("i.id DESC").Limit(PerPage + 1).Scan(ctx); err != nil {
		return nil, false, fmt.Errorf("read an inbox: %w", db.Err(err))
	}
	if len(items) > PerPage {
		return items[:PerPage], true, nil
	}
	return items, false, nil
}

// Unread counts what a person has not read, to 99 at most.
func (s *Service) Unread(ctx context.Context, personID string) (int, error) {
	n := 0
	some := s.db.NewSelect().Model((*Item)(nil)).ColumnExpr("1 AS one").Where("i.person_id = ?", personID).Where("i.read_at IS NULL").Limit(99)
	if err := s.db.NewSelect().TableExpr("(?) AS x", some).ColumnExpr("count(*)").Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("count an inbox: %w", db.Err(err))
	}
	return n, nil
}

// Read marks items up to and with the one named as read; "" is all.
func (s *Service) Read(ctx context.Context, personID, upTo string) error {
	q := s.db.NewUpdate().Model((*Item)(nil)).Set("read_at = ?", s.clock()).Where("person_id = ?", personID).Where("read_at IS NULL")
	if upTo != "" {
		q = q.Where("id <= ?", upTo)
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("read an inbox: %w", db.Err(err))
	}
	return nil
}

// One returns an item of a person; NotFound when it is not theirs.
func (s *Service) One(ctx context.Context, tx bun.IDB, itemID string) (*Item, error) {
	it := new(Item)
	if err := tx.NewSelect().Model(it).Where("i.id = ?", itemID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return it, nil
}

// Waiting are a person's items of the kinds that were in no letter and are not read, the oldest first; 100 at most.
func (s *Service) Waiting(ctx context.Context, tx bun.IDB, personID string, since time.Time) ([]Item, error) {
	var all []Item
	err := tx.NewSelect().Model(&all).Where("i.person_id = ?", personID).Where("i.mailed_at IS NULL").Where("i.read_at IS NULL").
		Where("i.at > ?", since).OrderExpr("i.id").Limit(100).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what waits for a letter: %w", db.Err(err))
	}
	return all, nil
}

// Mailed notes that items were in a letter.
func (s *Service) Mailed(ctx context.Context, tx bun.IDB, personID string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.NewUpdate().Model((*Item)(nil)).Set("mailed_at = ?", s.clock()).Where("person_id = ?", personID).Where("id IN (?)", bun.List(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note what was mailed: %w", db.Err(err))
	}
	return nil
}

// People are those for whom something waits for a letter.
func (s *Service) People(ctx context.Context, since time.Time) ([]string, error) {
	var ids []string
	err := s.db.NewSelect().Model((*Item)(nil)).ColumnExpr("DISTINCT i.person_id").Where("i.mailed_at IS NULL").Where("i.read_at IS NULL").
		Where("i.at > ?", since).OrderExpr("i.person_id").Limit(10_000).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("who waits for a letter: %w", db.Err(err))
	}
	return ids, nil
}

// Clean removes what is older than Keep.
func (s *Service) Clean(ctx context.Context) error {
	if _, err := s.db.NewDelete().Model((*Item)(nil)).Where("at < ?", s.clock().Add(-Keep)).Exec(ctx); err != nil {
		return fmt.Errorf("clean inboxes: %w", db.Err(err))
	}
	return nil
}

// Erase removes a person's stream, whose name is theirs; their items go with their row.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, p *account.Person, _ account.Wish) error {
	if _, err := tx.NewDelete().Table("stream").Where("id = ?", StreamOf(p.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("remove a person's stream: %w", db.Err(err))
	}
	return nil
}

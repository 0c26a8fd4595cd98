package forum

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
)

// Listed is a thread in a list.
type Listed struct {
	Thread   `bun:",extend"`
	Name     string // of who began it, as it is shown; "" of prompts and people who have gone
	Number   int    // of the discussion group, 0 without
	Unread   int
	Follow   string
	Endorsed int
}

// The lists of a board.
const (
	ListAll        = ""
	ListUnanswered = "unanswered"
	ListUnread     = "unread"
	ListFollowed   = "followed"
)

// Lists are those, in the order of pages.
var Lists = []string{ListAll, ListUnanswered, ListUnread, ListFollowed}

// unreadExpr counts the posts of thread t that somebody has not seen; three times the person.
const unreadExpr = "(SELECT count(*) FROM forum_post AS q WHERE q.thread_id = t.id AND q.state = 'visible' AND (q.author_id IS NULL OR q.author_id <> ?) " +
	"AND q.id > COALESCE((SELECT k.read_to FROM forum_mark AS k WHERE k.thread_id = t.id AND k.person_id = ?), ''))"

// mayExpr is which threads somebody who is no staff sees: everybody's, and those of groups they are in.
const mayExpr = "(t.state = 'visible' AND (t.group_id = '' OR EXISTS (SELECT 1 FROM forum_member AS m WHERE m.group_id = t.group_id AND m.person_id = ?)))"

// seeing narrows a query of threads t to what the visitor may know of.
func seeing(q *bun.SelectQuery, v *Visit) *bun.SelectQuery {
	switch {
	case v.Staff:
		return q.Where("t.state <> ?", Merged)
	case v.own == "":
		return q.Where(mayExpr, v.Who.ID)
	}
	return q.Where("("+mayExpr+" OR t.state = 'visible' AND t.group_id = ?)", v.Who.ID, v.own)
}

// Threads lists the threads of a board, pinned ones first, then the one written in last, and says how many there are.
func (s *Service) Threads(ctx context.Context, v *Visit, list string, page int) ([]Listed, int, error) {
	var all []Listed
	q := s.db.NewSelect().Model(&all).ColumnExpr("t.*").ColumnExpr("g.number AS number").
		ColumnExpr("COALESCE((SELECT CASE WHEN q.pseudonym <> '' THEN q.pseudonym ELSE p.name END FROM forum_post AS q LEFT JOIN person AS p ON p.id = q.author_id WHERE q.thread_id = t.id AND q.level = 1 LIMIT 1), '') AS name").
		ColumnExpr(unreadExpr+" AS unread", v.Who.ID, v.Who.ID).
		ColumnExpr("COALESCE((SELECT k.follow FROM forum_mark AS k WHERE k.thread_id = t.id AND k.person_id = ?), '') AS follow", v.Who.ID).
		ColumnExpr("(SELECT count(*) FROM forum_post AS q WHERE q.thread_id = t.id AND q.endorsed_at IS NOT NULL AND q.state = 'visible') AS endorsed").
		Join("LEFT JOIN forum_group AS g ON g.id = t.group_id").
		Where("t.delivery_id = ?", v.Delivery.ID).Where("t.board = ?", v.Board)
	q = seeing(q, v)
	switch list {
	case ListUnanswered:
		q = q.Where("NOT t.answered")
	case ListUnread:
		q = q.Where(unreadExpr+" > 0", v.Who.ID, v.Who.ID)
	case ListFollowed:
		q = q.Where("EXISTS (SELECT 1 FROM forum_mark AS k WHERE k.thread_id = t.id AND k.person_id = ? AND k.follow = ?)", v.Who.ID, Follow)
	}
	n, err := q.OrderExpr("t.pinned DESC, t.last_at DESC, t.id DESC").Limit(PerPage).Offset(int64(max(page, 1)-1) * PerPage).ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("threads of %s: %w", v.Board, db.Err(err))
	}
	return all, int(n), nil
}

// PromptThread is the thread of a prompt that the visitor is in, nil while nobody has written in it.
func (s *Service) PromptThread(ctx context.Context, v *Visit) (*Thread, error) {
	if !v.Prompt() {
		return nil, errNotFound
	}
	return promptThread(ctx, s.db, v.Delivery.ID, v.Activity.Key, v.Group)
}

// Tally is how much there is on a board.
type Tally struct{ Threads, Posts, Unread int }

// Tallies counts, for each board of a delivery, what the person may know of. Of prompts that are locked to them these are
// counts like those that the prompt shows.
func (s *Service) Tallies(ctx context.Context, base *Visit) (map[string]Tally, error) {
	var rows []struct {
		Board                  string
		Threads, Posts, Unread int
	}
	one := s.db.NewSelect().TableExpr("forum_thread AS t").ColumnExpr("t.board, t.posts").ColumnExpr(unreadExpr+" AS unread", base.Who.ID, base.Who.ID).
		Where("t.delivery_id = ?", base.Delivery.ID).
		Where("NOT EXISTS (SELECT 1 FROM forum_mark AS k WHERE k.thread_id = t.id AND k.person_id = ? AND k.follow = ?)", base.Who.ID, Mute)
	one = seeing(one, base)
	err := s.db.NewSelect().TableExpr("(?) AS x", one).ColumnExpr("board, count(*) AS threads, sum(posts) AS posts, sum(unread) AS unread").GroupExpr("board").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count boards: %w", db.Err(err))
	}
	out := map[string]Tally{}
	for _, r := range rows {
		out[r.Board] = Tally{r.Threads, r.Posts, r.Unread}
	}
	return out, nil
}

// Unread counts what is new to a person in each of their cohorts that go on. It costs one query.
func (s *Service) Unread(ctx context.Context, personID string, deliveryIDs []string) (map[string]int, error) {
	out := map[string]int{}
	if len(deliveryIDs) == 0 {
		return out, nil
	}
	var rows []struct {
		DeliveryID string
		N          int
	}
	one := s.db.NewSelect().TableExpr("forum_thread AS t").ColumnExpr("t.delivery_id").ColumnExpr(unreadExpr+" AS n", personID, personID).
		Where("t.delivery_id IN (?)", bun.List(deliveryIDs)).Where(mayExpr, personID).
		Where("NOT EXISTS (SELECT 1 FROM forum_mark AS k WHERE k.thread_id = t.id AND k.person_id = ? AND k.follow = ?)", personID, Mute)
	err := s.db.NewSelect().TableExpr("(?) AS x", one).ColumnExpr("delivery_id, sum(n) AS n").GroupExpr("delivery_id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count what is new: %w", db.Err(err))
	}
	for _, r := range rows {
		out[r.DeliveryID] = r.N
	}
	return out, nil
}

// Deliveries are those in whose discussions a person takes part, or that they look after, for lists of everything: their
// seats, the newest first, 50 at most.
func (s *Service) Deliveries(ctx context.Context, who *account.Person) ([]delivery.Delivery, error) {
	var all []delivery.Delivery
	err := s.db.NewSelect().Model(&all).Where("d.kind = ?", delivery.Cohort).Where("d.status = ?", delivery.Open).
		Where("d.id IN (SELECT e.delivery_id FROM enrolment AS e WHERE e.person_id = ? AND e.status IN (?, ?))", who.ID, delivery.Active, delivery.Paused).
		OrderExpr("d.starts_on DESC, d.id").Limit(50).Scan(ctx)
	return all, db.Err(err)
}

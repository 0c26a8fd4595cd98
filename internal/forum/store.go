package forum

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/id"
)

func threadByID(ctx context.Context, tx bun.IDB, threadID string) (*Thread, error) {
	if !id.Valid(threadID) {
		return nil, errNotFound
	}
	t := new(Thread)
	if err := tx.NewSelect().Model(t).Where("t.id = ?", threadID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return t, nil
}

// opened is a thread with the id of the post that opened it, "" when there is none that people see.
type opened struct {
	Thread  `bun:",extend"`
	Opening string
}

// openQuery reads threads that are written in, and locks first their writers and then them, each in one order. It takes the names of
// the locks and the ids of the threads.
func openQuery(d bun.IDB) string {
	return db.WithLocks(d) + "SELECT " + columns("t", "", threadColumns[:]) + `, COALESCE((SELECT q.id FROM forum_post AS q WHERE q.thread_id = t.id AND q.level = 1
	AND q.state = '` + Visible + `' ORDER BY q.id LIMIT 1), '') AS opening
FROM forum_thread AS t WHERE (SELECT n FROM locks) >= 0 AND t.id IN (SELECT w.column1 FROM ` + db.RowsOf(d, 1) + ` AS w) ORDER BY t.id` + db.NoKeyUpdate(d, "t")
}

// openedBy reads threads that people write in, by id.
func (s *Service) openedBy(ctx context.Context, tx bun.Tx, locks, threadIDs []string) (map[string]*opened, error) {
	var all []*opened
	args := slices.Concat(db.TextRows(tx, 1, singles(locks)), db.TextRows(tx, 1, singles(threadIDs)))
	if err := s.opens.AllIn(ctx, tx, &all, args...); err != nil {
		return nil, fmt.Errorf("find threads: %w", db.Err(err))
	}
	out := make(map[string]*opened, len(all))
	for _, t := range all {
		out[t.ID] = t
	}
	return out, nil
}

// singles are rows of one text.
func singles(all []string) [][]string {
	out := make([][]string, len(all))
	for i, x := range all {
		out[i] = []string{x}
	}
	return out
}

// answerable reads posts that are answered, by id: where they stand, and not what they say.
func answerable(ctx context.Context, tx bun.IDB, postIDs []string) (map[string]*Post, error) {
	var all []*Post
	postIDs = slices.DeleteFunc(postIDs, invalid)
	if len(postIDs) == 0 {
		return nil, nil
	}
	if err := tx.NewSelect().Model(&all).Column("id", "thread_id", "root_id", "level", "state").Where("q.id IN (?)", bun.List(postIDs)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find posts: %w", db.Err(err))
	}
	out := make(map[string]*Post, len(all))
	for _, p := range all {
		out[p.ID] = p
	}
	return out, nil
}

func invalid(anID string) bool { return !id.Valid(anID) }

// promptThread is the thread of a prompt for a group, nil while nobody has written in it.
func promptThread(ctx context.Context, tx bun.IDB, deliveryID, activityKey, group string) (*Thread, error) {
	var all []Thread
	err := tx.NewSelect().Model(&all).Where("t.delivery_id = ?", deliveryID).Where("t.activity_key = ?", activityKey).Where("t.group_id = ?", group).Scan(ctx)
	if err != nil || len(all) == 0 {
		return nil, db.Err(err)
	}
	return &all[0], nil
}

// ensurePrompt makes the thread of a prompt for a group unless it is there.
func (s *Service) ensurePrompt(ctx context.Context, tx bun.IDB, v *Visit, group string) (*Thread, error) {
	t, err := promptThread(ctx, tx, v.Delivery.ID, v.Activity.Key, group)
	if err != nil || t != nil {
		return t, err
	}
	now := s.clock()
	t = &Thread{
		ID: id.New(), DeliveryID: v.Delivery.ID, CourseKey: v.Course.Key, Board: v.Board, ActivityKey: v.Activity.Key, GroupID: group,
		State: Visible, CreatedAt: now, LastAt: now,
	}
	if _, err := tx.NewInsert().Model(t).On("CONFLICT (delivery_id, activity_key, group_id) WHERE activity_key <> '' DO NOTHING").Exec(ctx); err != nil {
		return nil, fmt.Errorf("begin a prompt's thread: %w", db.Err(err))
	}
	return promptThread(ctx, tx, v.Delivery.ID, v.Activity.Key, group)
}

func postByID(ctx context.Context, tx bun.IDB, postID string) (*Post, error) {
	if !id.Valid(postID) {
		return nil, errNotFound
	}
	p := new(Post)
	if err := tx.NewSelect().Model(p).Where("q.id = ?", postID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return p, nil
}

// lockPost reads a post for changing it.
func lockPost(ctx context.Context, tx bun.IDB, postID string) (*Post, error) {
	if !id.Valid(postID) {
		return nil, errNotFound
	}
	p := new(Post)
	if err := db.ForUpdate(tx.NewSelect().Model(p).Where("q.id = ?", postID)).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return p, nil
}

// lockThread reads a thread for changing it.
func lockThread(ctx context.Context, tx bun.IDB, threadID string) (*Thread, error) {
	t := new(Thread)
	if err := db.ForUpdate(tx.NewSelect().Model(t).Where("t.id = ?", threadID)).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return t, nil
}

func byClient(ctx context.Context, tx bun.IDB, personID, clientID string) (*Post, error) {
	var all []Post
	err := tx.NewSelect().Model(&all).Where("q.author_id = ?", personID).Where("q.client_id = ?", clientID).Scan(ctx)
	if err != nil || len(all) == 0 {
		return nil, db.Err(err)
	}
	return &all[0], nil
}

func updatePost(ctx context.Context, tx bun.IDB, p *Post, columns ...string) error {
	if _, err := tx.NewUpdate().Model(p).Column(columns...).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("change a post: %w", db.Err(err))
	}
	return nil
}

func updateThread(ctx context.Context, tx bun.IDB, t *Thread, columns ...string) error {
	if _, err := tx.NewUpdate().Model(t).Column(columns...).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("change a thread: %w", db.Err(err))
	}
	return nil
}

// hasAnswered says whether the person's own answer to a prompt lets them read the others'.
func hasAnswered(ctx context.Context, tx bun.IDB, deliveryID, activityKey, personID string) (bool, error) {
	ok, err := tx.NewSelect().Model((*Post)(nil)).Join("JOIN forum_thread AS t ON t.id = q.thread_id").
		Where("t.delivery_id = ?", deliveryID).Where("t.activity_key = ?", activityKey).Where("q.author_id = ?", personID).
		Where("q.unlocks").Where("q.state = ?", Visible).Exists(ctx)
	return ok, db.Err(err)
}

func settings(ctx context.Context, tx bun.IDB, deliveryID, board string) (Settings, error) {
	var all []Settings
	err := tx.NewSelect().Model(&all).Where("b.delivery_id = ?", deliveryID).Where("b.board = ?", board).Scan(ctx)
	if err != nil {
		return Settings{}, db.Err(err)
	}
	if len(all) == 0 {
		return Settings{DeliveryID: deliveryID, Board: board}, nil
	}
	return all[0], nil
}

// recount makes a thread's numbers from its posts.
func recount(ctx context.Context, tx bun.IDB, threadID string) error {
	_, err := tx.NewUpdate().Model((*Thread)(nil)).
		Set("posts = (SELECT count(*) FROM forum_post AS q WHERE q.thread_id = t.id AND q.state = ?)", Visible).
		Set("last_at = COALESCE((SELECT max(q.created_at) FROM forum_post AS q WHERE q.thread_id = t.id AND q.state = ?), t.created_at)", Visible).
		Set("newest = COALESCE((SELECT max(q.id) FROM forum_post AS q WHERE q.thread_id = t.id HAVING count(*) > 0), '')"). // counted, so that no other index is taken
		Set("answered = EXISTS (SELECT 1 FROM forum_post AS q WHERE q.thread_id = t.id AND q.state = ? AND q.level > 1 AND (t.author_id IS NULL OR q.author_id IS NULL OR q.author_id <> t.author_id))", Visible).
		Where("t.id = ?", threadID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("count a thread: %w", db.Err(err))
	}
	return nil
}

// note writes a decision into the log of decisions.
func (s *Service) note(ctx context.Context, tx bun.IDB, v *Visit, action, personID, subject, reason string) error {
	return audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), ActorID: v.Who.ID, ActorName: v.Who.Name, Action: action, PersonID: personID, DeliveryID: v.Delivery.ID, Subject: subject, Reason: reason,
	})
}

package forum

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
)

// What somebody wants to hear of a thread. By itself it is answers to them and mentions of them.
const (
	Usual  = ""
	Follow = "follow" // everything
	Mute   = "mute"   // nothing
)

// Mark is how far somebody has read a thread; table forum_mark.
type Mark struct {
	bun.BaseModel `bun:"table:forum_mark,alias:k"`

	PersonID string `bun:",pk"`
	ThreadID string `bun:",pk"`
	ReadTo   string
	Follow   string
	At       time.Time
}

// Read notes that the visitor has seen the thread up to a post; "" is all that is there. It only goes forward: two tabs
// end at the later one.
func (s *Service) Read(ctx context.Context, v *Visit, t *Thread, upTo string) error {
	newest := t.Newest
	if id.Valid(upTo) && upTo < newest {
		newest = upTo
	}
	m := Mark{PersonID: v.Who.ID, ThreadID: t.ID, ReadTo: newest, At: s.clock()}
	_, err := s.db.NewInsert().Model(&m).On("CONFLICT (person_id, thread_id) DO UPDATE").
		Set("read_to = CASE WHEN EXCLUDED.read_to > k.read_to THEN EXCLUDED.read_to ELSE k.read_to END").Set("at = EXCLUDED.at").Exec(ctx)
	if err != nil {
		return fmt.Errorf("note what was read: %w", db.Err(err))
	}
	return nil
}

// Want says what the visitor wants to hear of a thread: Usual, Follow or Mute.
func (s *Service) Want(ctx context.Context, v *Visit, t *Thread, what string) error {
	if what != Usual && what != Follow && what != Mute {
		return errNotFound
	}
	m := Mark{PersonID: v.Who.ID, ThreadID: t.ID, Follow: what, At: s.clock()}
	_, err := s.db.NewInsert().Model(&m).On("CONFLICT (person_id, thread_id) DO UPDATE").Set("follow = EXCLUDED.follow").Set("at = EXCLUDED.at").Exec(ctx)
	if err != nil {
		return fmt.Errorf("follow a thread: %w", db.Err(err))
	}
	return nil
}

type useful struct {
	bun.BaseModel `bun:"table:forum_useful,alias:u"`

	PostID   string `bun:",pk"`
	PersonID string `bun:",pk"`
	At       time.Time
}

// Useful notes, or takes back, that the visitor finds somebody else's post useful.
func (s *Service) Useful(ctx context.Context, v *Visit, p *Post, on bool) error {
	if !v.Unlocked || p.State != Visible || p.Own(v.Who.ID) {
		return errNotFound
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := lockPost(ctx, tx, p.ID); err != nil {
			return err
		}
		u := &useful{PostID: p.ID, PersonID: v.Who.ID, At: s.clock()}
		var err error
		if on {
			_, err = tx.NewInsert().Model(u).On("CONFLICT DO NOTHING").Exec(ctx)
		} else {
			_, err = tx.NewDelete().Model(u).WherePK().Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("find useful: %w", db.Err(err))
		}
		_, err = tx.NewUpdate().Model((*Post)(nil)).Set("useful = (SELECT count(*) FROM forum_useful AS u WHERE u.post_id = ?)", p.ID).Where("id = ?", p.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("count useful: %w", db.Err(err))
		}
		return s.say(ctx, tx, StreamOf(p.ThreadID), happened{Kind: "edit", Post: p.ID, Rev: p.Rev, Root: p.RootID})
	})
}

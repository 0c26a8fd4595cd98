package forum

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/inbox"
	"greenroom/internal/live"
	"greenroom/internal/stream"
)

// happened is the payload of an event: what changed, never what it says. Who may see that is asked when it is shown,
// by who listens and as things stand then.
type happened struct {
	Kind   string `json:"kind"` // post, edit, state, thread, reset
	Thread string `json:"thread,omitempty"`
	Post   string `json:"post,omitempty"`
	Rev    int    `json:"rev,omitempty"`
	Root   string `json:"root,omitempty"`
	Client string `json:"client,omitempty"` // the author's own page knows its post by it
}

// BoardStream is the name of the stream of what begins on a board.
func BoardStream(deliveryID, board string) string { return "board:" + deliveryID + ":" + board }

// say appends to a stream, last before the commit.
func (s *Service) say(ctx context.Context, tx bun.IDB, name string, h happened) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	_, err = s.streams.Append(ctx, tx, name, h.Kind, string(raw))
	return err
}

// reset tells people's pages that what they may see has changed: they load again. It appends to streams: call it last.
func (s *Service) reset(ctx context.Context, tx bun.IDB, people ...string) error {
	h := happened{Kind: "reset"}
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	all := make([]stream.Entry, len(people))
	for i, p := range people {
		all[i] = stream.Entry{Stream: inbox.StreamOf(p), Kind: h.Kind, Payload: string(raw)}
		db.AfterCommit(ctx, func() { s.streams.Ring(live.AccessStream(p)) })
	}
	_, err = s.streams.AppendAll(ctx, tx, all)
	return err
}

// Told is what one event of a thread is to a visitor.
type Told struct {
	Kind  string   // post, edit, state, thread
	Post  *Seen    // as it is now; nil where it is not for the visitor, or the event is not about a post
	Hides bool     // a new post is kept from the visitor until they have answered
	Reset bool     // the page has to be loaded again
	Apart []string // people to whom it is another post: who wrote it, and who found it useful
}

// Tell says what events of a thread are: to the visitor, or (anybody) to all to whom the visit allows the same.
func (s *Service) Tell(ctx context.Context, v *Visit, t *Thread, anybody bool, events []stream.Event) ([]Told, error) {
	if anybody {
		x := *v
		x.Who = &account.Person{Lang: v.Who.Lang}
		v = &x
	}
	out, about := make([]Told, len(events)), make([]string, len(events))
	var ids []string
	for i, e := range events {
		var h happened
		if err := json.Unmarshal([]byte(e.Payload), &h); err != nil {
			return nil, fmt.Errorf("event %d of %s: %w", e.N, e.StreamID, err)
		}
		out[i].Kind, out[i].Reset, about[i] = h.Kind, h.Kind == "reset", h.Post
		if h.Post != "" && !slices.Contains(ids, h.Post) {
			ids = append(ids, h.Post)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	posts, err := s.postsNow(ctx, v, t, ids)
	if err != nil {
		return nil, err
	}
	var liked []useful
	if anybody {
		if err := s.db.NewSelect().Model(&liked).Column("post_id", "person_id").Where("u.post_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
			return nil, fmt.Errorf("who found posts useful: %w", db.Err(err))
		}
	}
	for i := range out {
		p := posts[about[i]]
		if p == nil { // moved to another thread
			continue
		}
		if anybody {
			out[i].Apart = append(out[i].Apart, p.AuthorID)
			for _, u := range liked {
				if u.PostID == p.ID {
					out[i].Apart = append(out[i].Apart, u.PersonID)
				}
			}
		}
		if !v.Unlocked && !p.Own(v.Who.ID) {
			out[i].Hides = out[i].Kind == "post" && p.State == Visible
			continue
		}
		x := *p
		x.New = x.New && out[i].Kind == "post"
		out[i].Post = &x
	}
	return out, nil
}

// postsNow reads posts of the thread as they are now, by id.
func (s *Service) postsNow(ctx context.Context, v *Visit, t *Thread, ids []string) (map[string]*Seen, error) {
	var posts []Seen
	err := s.db.NewSelect().Model(&posts).ColumnExpr("q.*").ColumnExpr("COALESCE(p.name, '') AS name").
		Join("LEFT JOIN person AS p ON p.id = q.author_id").Where("q.thread_id = ?", t.ID).Where("q.id IN (?)", bun.List(ids)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read news of a thread: %w", db.Err(err))
	}
	all, by := make([]*Seen, len(posts)), make(map[string]*Seen, len(posts))
	for i := range posts {
		all[i] = &posts[i]
		by[posts[i].ID] = all[i]
	}
	return by, s.dressed(ctx, v, all)
}

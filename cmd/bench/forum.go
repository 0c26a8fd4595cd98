package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/forum"
	"greenroom/internal/id"
)

// The goals of discussions.
const (
	threadGoal = 0.15 // of the bare page's throughput
	replyGoal  = 0.40 // of the bare insert's
	longGoal   = 1.20 // the cost of a thread with ten times the posts

	replyWriters = 32
	replyThreads = 8    // a discussion in groups
	earlierPosts = 99   // in each of them
	authors      = 1500 // nobody writes more than ten posts a minute
)

const postBody = "The first sentence said what people could do by Friday, and where. Nobody asked us about it afterwards, which is how we knew " +
	"that they had read it. The second one named the office, and that is the one which we would leave out next time: who reads on knows it."

// board is a cohort's discussion with those who write in it.
type board struct {
	delivery *delivery.Delivery
	authors  []*account.Person
}

// discussion is a cohort of the bench's course with its authors and the learners that sign in; it is begun once.
func (b *bench) discussion(ctx context.Context) (*board, error) {
	if b.board != nil {
		return b.board, nil
	}
	boss, err := b.app.Accounts.ByEmail(ctx, "admin@demo.example")
	if err != nil {
		return nil, err
	}
	c, err := b.app.Deliveries.Create(ctx, boss, "", "bench-0", delivery.Terms{
		Title: "Discussion", StartsOn: "2026-11-02", Zone: "Australia/Sydney", ReleaseAt: "09:00", LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen,
	})
	if err != nil {
		return nil, err
	}
	if c, err = b.app.Deliveries.Open(ctx, boss, c.ID); err != nil {
		return nil, err
	}
	for l := range learners {
		p, err := b.app.Accounts.ByEmail(ctx, learnerEmail(l))
		if err != nil {
			return nil, err
		}
		if _, err := b.app.Deliveries.EnrolIn(ctx, p.ID, c.ID, delivery.SourceTrainer); err != nil {
			return nil, err
		}
	}
	out := &board{delivery: c}
	for i := range authors {
		p, _, err := b.app.Accounts.Add(ctx, account.NewAccount{Name: fmt.Sprintf("Author %d", i), Email: fmt.Sprintf("a%d-%s@agency.example", i, c.ID)})
		if err != nil {
			return nil, err
		}
		if _, err := b.app.Deliveries.EnrolIn(ctx, p.ID, c.ID, delivery.SourceTrainer); err != nil {
			return nil, err
		}
		p.CreatedAt = p.CreatedAt.AddDate(-1, 0, 0) // no newcomer
		out.authors = append(out.authors, p)
	}
	b.board = out
	return out, nil
}

// thread begins a thread on the general board.
func (b *bench) thread(ctx context.Context, on *board, by int, title string) (*forum.Post, error) {
	v, err := b.app.Forum.Visit(ctx, on.authors[by], on.delivery.ID, forum.General)
	if err != nil {
		return nil, err
	}
	return b.app.Forum.Write(ctx, v, forum.Text{Title: title, Body: postBody, Rules: 1})
}

// reply answers a thread as a page's form does: what the author may do is asked for anew.
func (b *bench) reply(ctx context.Context, who *account.Person, threadID string) error {
	_, err := b.app.Forum.Reply(ctx, who, replyTo(threadID))
	return err
}

func replyTo(threadID string) forum.Text {
	return forum.Text{ThreadID: threadID, Body: postBody, Rules: 1, ClientID: id.New()}
}

// forum measures what it costs to read threads.
func (b *bench) forum(ctx context.Context, r *report, engine string, s settings) error {
	on, err := b.discussion(ctx)
	if err != nil {
		return err
	}
	return b.threads(ctx, r, engine, s.turn, on)
}

func (b *bench) threads(ctx context.Context, r *report, engine string, d time.Duration, on *board) error {
	page := func(posts int) (job, error) {
		first, err := b.thread(ctx, on, 0, fmt.Sprintf("Of %d", posts))
		if err == nil {
			err = b.lengthen(ctx, on, first, posts-1)
		}
		return b.get("/threads/"+first.ThreadID, "first sentence"), err
	}
	short, err := page(50)
	if err != nil {
		return err
	}
	if err := b.settle(ctx, engine); err != nil {
		return err
	}
	ours, base, err := turns(d, b.pids, short, b.bareGet)
	if err != nil {
		return fmt.Errorf("thread page: %w", err)
	}
	r.atLeast(engine+": thread page, 50 posts", "requests/s", ours.perSecond, base.perSecond, threadGoal)
	r.told(engine+": thread page, 50 posts, CPU", "ms/request", ours.cpu, base.cpu)
	small, err := page(500)
	if err != nil {
		return err
	}
	large, err := page(5000)
	if err != nil {
		return err
	}
	if err := b.settle(ctx, engine); err != nil {
		return err
	}
	ours, base, err = turns(d, b.pids, large, small)
	if err != nil {
		return fmt.Errorf("long threads: %w", err)
	}
	r.atMost(engine+": thread of 5,000 posts beside one of 500, CPU", "ms/request", ours.cpu, base.cpu, longGoal)
	return nil
}

// lengthen adds posts to a thread, as they lie in the database after being written.
func (b *bench) lengthen(ctx context.Context, on *board, first *forum.Post, n int) error {
	const atOnce = 100
	var last time.Time
	for done := 0; done < n; done += atOnce {
		posts := make([]forum.Post, min(atOnce, n-done))
		for i := range posts {
			p := *first
			p.ID, p.ClientID, p.Level, p.ParentID = id.New(), id.New(), forum.Response, first.ID
			p.RootID, p.AuthorID = p.ID, on.authors[(done+i)%len(on.authors)].ID
			p.CreatedAt = first.CreatedAt.Add(time.Duration(done+i-n) * time.Minute) // long ago: nobody writes too fast
			posts[i], last = p, first.CreatedAt
		}
		if _, err := b.db.NewInsert().Model(&posts).Exec(ctx); err != nil {
			return err
		}
	}
	_, err := b.db.NewUpdate().Table("forum_thread").Set("posts = ?", n+1).Set("last_at = ?", last).Set("answered = ?", true).Set("newest = (SELECT max(id) FROM forum_post WHERE thread_id = ?)", first.ThreadID).Where("id = ?", first.ThreadID).Exec(ctx)
	return err
}

// replies measures how many of them 32 writers bring in.
func (b *bench) replies(ctx context.Context, r *report, engine string, s settings) error {
	on, err := b.discussion(ctx)
	if err != nil {
		return err
	}
	if _, err := b.db.NewCreateTable().Model((*plainRow)(nil)).IfNotExists().Exec(ctx); err != nil {
		return err
	}
	var threads []string
	for i := range replyThreads {
		p, err := b.thread(ctx, on, 1+i, "Thread "+strings.Repeat("I", i+1))
		if err != nil {
			return err
		}
		if err := b.lengthen(ctx, on, p, earlierPosts); err != nil { // plans that are made for an empty table are no measure
			return err
		}
		threads = append(threads, p.ThreadID)
	}
	if err := b.settle(ctx, engine); err != nil {
		return err
	}
	each := len(on.authors) / replyWriters
	turn := make([]int, replyWriters) // of a writer, who goes by the names of a few authors in turns
	over := func(threads []string) job {
		return func(w, _ int) error {
			turn[w]++
			return b.reply(ctx, on.authors[w*each+turn[w]%each], threads[w%len(threads)])
		}
	}
	ours, base, err := turnsOf(replyWriters, s.turn/2, b.pids, over(threads), b.insert(ctx))
	if err != nil {
		return fmt.Errorf("replies: %w", err)
	}
	r.atLeast(engine+": replies of 32 writers in 8 threads against insert and commit", "writes/s", ours.perSecond, base.perSecond, replyGoal)
	r.told(engine+": replies, CPU", "ms/write", ours.cpu, base.cpu)
	return nil
}

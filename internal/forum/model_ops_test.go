package forum_test

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/forum"
)

// operation is one thing that somebody can do; do says whether it came to it.
type operation struct {
	name   string
	weight int
	do     func(who *account.Person) (bool, error)
}

// operations are what the model test does, with how often.
func (m *model) operations() []operation {
	return []operation{
		{"begin", 4, m.begins}, {"respond", 12, m.responds}, {"comment", 10, m.comments}, {"answer", 8, m.answers},
		{"edit", 8, m.edits}, {"delete", 3, m.deletes},
		{"hide", 6, m.states(forum.Hidden)}, {"restore", 6, m.states(forum.Visible)}, {"hold", 4, m.states(forum.Held)}, {"release", 6, m.releases},
		{"endorse", 5, m.endorses}, {"useful", 8, m.likes},
		{"pin", 2, m.manages(forum.Pin, forum.Unpin)}, {"lock", 4, m.manages(forum.Lock, forum.Unlock)},
		{"rename", 2, m.renames}, {"move", 3, m.moves}, {"merge", 3, m.merges}, {"split", 4, m.splits},
		{"change group", 3, m.regroups}, {"join", 2, m.joins}, {"time", 1, m.waits},
	}
}

func (m *model) one(n int) bool { return m.r.IntN(n) == 0 }

// body is something to say, long enough to unlock a prompt more often than not.
func (m *model) body() string {
	s := fmt.Sprintf("Number %d. ", m.r.IntN(1000)) + text(4+m.r.IntN(16))
	if m.one(8) {
		s += " hold"
	}
	if m.one(8) {
		s += " @Ana Lopes"
	}
	return s
}

// thread is any thread of the board ("" any board) that is not merged, whoever may see it.
func (m *model) thread(_ *account.Person, board string) *forum.Thread {
	var all []forum.Thread
	q := m.d.NewSelect().Model(&all).Where("t.state <> ?", forum.Merged).Where("t.delivery_id = ?", m.cohort.ID).OrderExpr("t.id")
	if board != "" {
		q = q.Where("t.board = ?", board)
	}
	ok(m.t, q.Scan(m.ctx))
	if len(all) == 0 {
		return nil
	}
	return &all[m.r.IntN(len(all))]
}

// post is any post in one of the states, and what the person may do there.
func (m *model) post(who *account.Person, own bool, states ...string) (*forum.Visit, *forum.Thread, *forum.Post, error) {
	var all []forum.Post
	q := m.d.NewSelect().Model(&all).Where("q.state IN (?)", bun.List(states)).OrderExpr("q.id")
	if own {
		q = q.Where("q.author_id = ?", who.ID)
	}
	ok(m.t, q.Scan(m.ctx))
	if len(all) == 0 {
		return nil, nil, nil, nil
	}
	return m.VisitPost(m.ctx, who, all[m.r.IntN(len(all))].ID)
}

func (m *model) begins(who *account.Person) (bool, error) {
	v, err := m.Visit(m.ctx, who, m.cohort.ID, m.board())
	if err != nil {
		return false, err
	}
	_, err = m.Write(m.ctx, v, forum.Text{Title: fmt.Sprint("Thread ", m.r.IntN(1000)), Body: m.body()})
	return true, err
}

func (m *model) responds(who *account.Person) (bool, error) {
	t := m.thread(who, "")
	v, t, err := m.VisitThread(m.ctx, who, t.ID)
	if err != nil {
		return false, err
	}
	_, err = m.Write(m.ctx, v, forum.Text{ThreadID: t.ID, Body: m.body(), Pseudonym: m.one(3)})
	return true, err
}

func (m *model) comments(who *account.Person) (bool, error) {
	v, t, p, err := m.post(who, false, forum.Visible)
	if p == nil || err != nil {
		return false, err
	}
	_, err = m.Write(m.ctx, v, forum.Text{ThreadID: t.ID, ParentID: p.ID, Body: m.body()})
	return true, err
}

func (m *model) answers(who *account.Person) (bool, error) {
	v, err := m.Visit(m.ctx, who, m.cohort.ID, prompt)
	if err != nil {
		return false, err
	}
	_, err = m.Write(m.ctx, v, forum.Text{Body: m.body()})
	return true, err
}

func (m *model) edits(who *account.Person) (bool, error) {
	v, t, p, err := m.post(who, true, forum.Visible)
	if p == nil || err != nil {
		return false, err
	}
	_, err = m.Edit(m.ctx, v, t, p.ID, forum.Change{Rev: p.Rev, Body: m.body(), Reason: "a reason"})
	return true, err
}

func (m *model) deletes(who *account.Person) (bool, error) {
	v, t, p, err := m.post(who, true, forum.Visible)
	if p == nil || err != nil {
		return false, err
	}
	return true, m.Delete(m.ctx, v, t, p.ID)
}

// states takes posts away or brings them back, as moderation does.
func (m *model) states(to string) func(*account.Person) (bool, error) {
	from := forum.Visible
	if to == forum.Visible {
		from = forum.Hidden
	}
	return func(*account.Person) (bool, error) {
		_, _, p, err := m.post(m.trainer, false, from)
		if p == nil || err != nil {
			return false, err
		}
		m.change(p, to, "a reason")
		return true, nil
	}
}

func (m *model) releases(*account.Person) (bool, error) {
	_, _, p, err := m.post(m.trainer, false, forum.Held)
	if p == nil || err != nil {
		return false, err
	}
	author, err := m.AuthorVisit(m.ctx, p.ID)
	if err != nil {
		return false, err
	}
	return true, db.InTx(m.ctx, m.d, func(ctx context.Context, tx bun.Tx) error {
		_, _, err := m.Release(ctx, tx, author, forum.StateChange{PostID: p.ID, ActorID: m.trainer.ID, Name: m.trainer.Name})
		return err
	})
}

func (m *model) endorses(*account.Person) (bool, error) {
	v, _, p, err := m.post(m.trainer, false, forum.Visible)
	if p == nil || err != nil {
		return false, err
	}
	return true, m.Endorse(m.ctx, v, p, p.EndorsedAt == nil)
}

func (m *model) likes(who *account.Person) (bool, error) {
	v, _, p, err := m.post(who, false, forum.Visible)
	if p == nil || err != nil {
		return false, err
	}
	return true, m.Useful(m.ctx, v, p, !m.one(3))
}

func (m *model) manages(what ...string) func(*account.Person) (bool, error) {
	return func(*account.Person) (bool, error) {
		v, t, err := m.staffThread()
		if err != nil {
			return false, err
		}
		return true, m.Manage(m.ctx, v, t, what[m.r.IntN(len(what))])
	}
}

func (m *model) staffThread() (*forum.Visit, *forum.Thread, error) {
	return m.VisitThread(m.ctx, m.trainer, m.thread(m.trainer, "").ID)
}

func (m *model) renames(who *account.Person) (bool, error) {
	v, t, err := m.VisitThread(m.ctx, who, m.thread(who, "").ID)
	if err != nil {
		return false, err
	}
	return true, m.Rename(m.ctx, v, t, fmt.Sprint("Renamed ", m.r.IntN(1000)))
}

func (m *model) moves(*account.Person) (bool, error) {
	v, t, err := m.staffThread()
	if err != nil {
		return false, err
	}
	return true, m.Move(m.ctx, v, t, m.board())
}

func (m *model) merges(who *account.Person) (bool, error) {
	one, other := m.thread(who, m.board()), m.thread(who, m.board())
	if one == nil || other == nil {
		return false, nil
	}
	v, t, err := m.VisitThread(m.ctx, m.trainer, one.ID)
	if err != nil {
		return false, err
	}
	_, err = m.Merge(m.ctx, v, t, other.ID)
	return true, err
}

// board is one of those that have many threads.
func (m *model) board() string { return forum.Boards[m.r.IntN(len(forum.Boards))] }

func (m *model) splits(who *account.Person) (bool, error) {
	for range 10 { // most posts are no responses on such a board
		v, t, p, err := m.post(m.trainer, false, forum.Visible)
		if p == nil || err != nil {
			return false, err
		}
		if p.Level == forum.Response && t.ActivityKey == "" {
			_, err = m.Split(m.ctx, v, t, p.ID, "Split off by "+who.Name)
			return true, err
		}
	}
	return false, nil
}

// regroups puts somebody into another discussion group.
func (m *model) regroups(who *account.Person) (bool, error) {
	v, err := m.Visit(m.ctx, m.trainer, m.cohort.ID, prompt)
	if err != nil {
		return false, err
	}
	all, err := m.Groups(m.ctx, v)
	if err != nil {
		return false, err
	}
	return true, m.MoveMember(m.ctx, v, who.ID, all[m.r.IntN(len(all))].ID)
}

// joins has somebody come late.
func (m *model) joins(*account.Person) (bool, error) {
	if len(m.people) >= 8 {
		return false, nil
	}
	p := m.member(fmt.Sprint("Late Comer ", len(m.people)))
	m.add(p)
	if t := m.thread(p, ""); t != nil {
		m.listen(p, t.ID, m.one(2))
	}
	return true, nil
}

// waits lets a day go by: prompts close and weeks begin.
func (m *model) waits(*account.Person) (bool, error) {
	m.pass(30 * time.Hour)
	return true, nil
}

package moderation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/inbox"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
)

// Claim takes a case, so that two do not decide it; release gives it back. Who wrote or reported the post cannot: Forbidden.
// Claimed by somebody else is Conflict, unless they have had it for a day.
func (s *Service) Claim(ctx context.Context, who *account.Person, caseID string, release bool) error {
	return s.change(ctx, who, caseID, func(ctx context.Context, tx bun.Tx, c *Case) error {
		now := s.clock()
		switch {
		case c.State != Open && c.State != Claimed:
			return fault.New(fault.Conflict, "moderation.over")
		case release && c.ClaimedBy != who.ID:
			return fault.New(fault.Conflict, "moderation.not_yours")
		case release:
			c.State, c.ClaimedBy, c.ClaimedAt = Open, "", nil
		case c.State == Claimed && c.ClaimedBy == who.ID:
			return nil
		case !c.MayTake(now):
			return fault.New(fault.Conflict, "moderation.claimed")
		default:
			c.State, c.ClaimedBy, c.ClaimedAt = Claimed, who.ID, &now
		}
		if err := updateCase(ctx, tx, c); err != nil {
			return err
		}
		action := "claimed"
		if release {
			action = "given_back"
		}
		return s.log(ctx, tx, Line{Actor: who.ID, Action: action, CaseID: c.ID, PostID: c.PostID, DeliveryID: c.DeliveryID}, nil)
	})
}

// change reads a case under its lock for who decides about it and has nothing to do with it.
func (s *Service) change(ctx context.Context, who *account.Person, caseID string, fn func(ctx context.Context, tx bun.Tx, c *Case) error) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := caseByID(ctx, tx, caseID, true)
		if err != nil {
			return err
		}
		if !Moderates(who, c.DeliveryID) {
			return errNotFound
		}
		n, err := tx.NewSelect().Model((*Report)(nil)).Where("r.case_id = ?", c.ID).Where("r.reporter_id = ?", who.ID).Count(ctx)
		if err != nil {
			return db.Err(err)
		}
		if n > 0 || c.AuthorID == who.ID {
			return fault.New(fault.Forbidden, "moderation.involved")
		}
		return fn(ctx, tx, c)
	})
}

// TakeUp leads to the case of a post that somebody looks after: the one that is open or was decided last, or one that is
// opened for it now and theirs. NotFound when they do not look after it, or wrote it.
func (s *Service) TakeUp(ctx context.Context, who *account.Person, postID string) (caseID string, err error) {
	v, t, p, err := s.forum.VisitPost(ctx, who, postID)
	if err != nil || !v.Staff || p.Own(who.ID) || p.State == forum.Deleted {
		return "", orNotFound(err)
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "moderation-post:"+postID); err != nil {
			return err
		}
		c, err := openCase(ctx, tx, postID)
		if err == nil && c == nil && p.State == forum.Hidden {
			c, err = lastCase(ctx, tx, postID)
		}
		if err != nil {
			return err
		}
		if c != nil {
			caseID = c.ID
			return nil
		}
		now := s.clock()
		c = &Case{
			ID: id.New(), Origin: ByStaff, PostID: p.ID, ThreadID: p.ThreadID, DeliveryID: v.Delivery.ID, AuthorID: p.AuthorID, Kind: "other", State: Claimed,
			OpenedAt: now, DueAt: now.Add(dueAfter("")), ClaimedBy: who.ID, ClaimedAt: &now, Snapshot: snapshot(p, titled(p, t), now), Version: 1,
		}
		if _, err := tx.NewInsert().Model(c).Exec(ctx); err != nil {
			return fmt.Errorf("take a post up: %w", db.Err(err))
		}
		caseID = c.ID
		return s.log(ctx, tx, Line{Actor: who.ID, Action: "taken_up", CaseID: c.ID, PostID: p.ID, DeliveryID: v.Delivery.ID}, nil)
	})
	return caseID, err
}

func orNotFound(err error) error {
	if err != nil {
		return err
	}
	return errNotFound
}

// MayDecide says whether an action is one for the case: held posts are let through, and who wrote what is no post keeps
// writing in discussions.
func (c *Case) MayDecide(action string) bool {
	switch {
	case !slices.Contains(Actions, action), action == Release && c.Origin != HeldBack:
		return false
	case c.About != "":
		return action != Suspend
	}
	return c.PostID != "" || action == None
}

// Decision is what a moderator decides.
type Decision struct {
	Action, Rule, Reason string
	Days                 int // of a suspension
	Version              int // of the case that was read
}

func (d *Decision) check(c *Case) error {
	d.Rule, d.Reason = strings.Join(strings.Fields(d.Rule), " "), forum.Tidy(d.Reason)
	var f fault.Fields
	switch {
	case !c.MayDecide(d.Action):
		f.Add("action", "moderation.choose")
	case d.Action == Suspend && !slices.Contains(SuspendDays, d.Days):
		f.Add("days", "moderation.choose")
	}
	switch n := utf8.RuneCountInString(d.Reason); {
	case n < minReason && d.Action != Release:
		f.Add("reason", "moderation.reason_missing", "Min", minReason)
	case n > MaxReason:
		f.Add("reason", "moderation.text_long", "Max", MaxReason)
	}
	if (hides(d.Action) || d.Action == Note) && d.Rule == "" {
		f.Add("rule", "moderation.rule_missing")
	}
	if utf8.RuneCountInString(d.Rule) > 200 {
		f.Add("rule", "moderation.text_long", "Max", 200)
	}
	return f.Err()
}

// Decide ends a case that the person has claimed. What the post says is kept with the case first; then it is hidden or let in, and its
// author, and everybody who reported it, is told. The same again changes nothing. Invalid names action, rule, reason and days; Conflict when the case is not theirs
// or has changed.
func (s *Service) Decide(ctx context.Context, who *account.Person, caseID string, d Decision) error {
	c, err := caseByID(ctx, s.db, caseID, false)
	if err != nil {
		return err
	}
	if !Moderates(who, c.DeliveryID) {
		return errNotFound
	}
	if err := d.check(c); err != nil {
		return err
	}
	w, err := s.writer(ctx, c)
	if err != nil {
		return err
	}
	return s.change(ctx, who, caseID, func(ctx context.Context, tx bun.Tx, c *Case) error {
		switch {
		case c.State == Decided && c.DecidedBy == who.ID && c.Action == d.Action && c.Rule == d.Rule && c.Reason == d.Reason:
			return nil // pressed twice
		case c.State != Open && c.State != Claimed:
			return fault.New(fault.Conflict, "moderation.over")
		case c.State != Claimed || c.ClaimedBy != who.ID:
			return fault.New(fault.Conflict, "moderation.not_yours")
		case c.Version != d.Version:
			return fault.New(fault.Conflict, "moderation.changed_since")
		}
		now := s.clock()
		c.State, c.Action, c.Rule, c.Reason, c.DecidedBy, c.DecidedAt = Decided, d.Action, d.Rule, d.Reason, who.ID, &now
		if d.Action == Suspend {
			until := now.Add(time.Duration(d.Days) * 24 * time.Hour)
			c.Until = &until
		}
		var p *forum.Post
		var t *forum.Thread
		if c.PostID != "" {
			if p, t, err = s.forum.Find(ctx, tx, c.PostID); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err == nil {
				c.Snapshot += snapshot(p, titled(p, t), now)
				if err := s.forum.Flag(ctx, tx, p.ID, 0); err != nil {
					return err
				}
			}
		}
		if err := s.keep(ctx, tx, c, now); err != nil {
			return err
		}
		if err := updateCase(ctx, tx, c); err != nil {
			return err
		}
		if c.Until != nil && c.AuthorID != "" {
			x := &Suspension{ID: id.New(), CaseID: c.ID, PersonID: c.AuthorID, DeliveryID: c.DeliveryID, FromAt: now, Until: *c.Until}
			if _, err := tx.NewInsert().Model(x).Exec(ctx); err != nil {
				return fmt.Errorf("suspend: %w", db.Err(err))
			}
			s.changed(ctx, c.AuthorID)
		}
		err := s.log(ctx, tx, Line{Actor: who.ID, Action: "decided", CaseID: c.ID, PostID: c.PostID, DeliveryID: c.DeliveryID}, map[string]any{
			"action": c.Action, "rule": c.Rule, "reason": c.Reason, "until": c.Until,
		})
		if err != nil {
			return err
		}
		if err := s.apply(ctx, tx, who, c, p, w.visit); err != nil {
			return err
		}
		if err := s.sight(ctx, tx, c, false); err != nil {
			return err
		}
		return s.tell(ctx, tx, c, w.person)
	})
}

// writer is who wrote the post of a case, and what they may do where it stands; nil once they have gone. It is read before the
// transaction, which has a connection of its own.
type writer struct {
	person *account.Person
	visit  *forum.Visit
}

func (s *Service) writer(ctx context.Context, c *Case) (w writer, err error) {
	if c.AuthorID != "" {
		if w.person, err = s.accounts.ByID(ctx, c.AuthorID); err != nil && !fault.Is(err, fault.NotFound) {
			return w, err
		}
	}
	if c.PostID != "" {
		if w.visit, err = s.forum.AuthorVisit(ctx, c.PostID); err != nil && !fault.Is(err, fault.NotFound) {
			return w, err
		}
	}
	return w, nil
}

// apply does to the post what was decided.
func (s *Service) apply(ctx context.Context, tx bun.IDB, who *account.Person, c *Case, p *forum.Post, author *forum.Visit) error {
	if p == nil || p.State == forum.Deleted {
		return nil
	}
	change := forum.StateChange{PostID: p.ID, Reason: c.Reason, ActorID: who.ID, Name: who.Name}
	var err error
	switch {
	case hides(c.Action):
		change.State, change.Action = forum.Hidden, "forum.hidden"
		if _, _, err = s.forum.ChangeState(ctx, tx, change); err == nil && p.Level == forum.Opening { // its title is theirs as well
			err = s.forum.Retitle(ctx, tx, p.ThreadID, s.hiddenTitle())
		}
	case p.State == forum.Held:
		_, _, err = s.forum.Release(ctx, tx, author, change)
	}
	return err
}

// Appeal is the author's word against a decision, once, within AppealWithin. The same again changes nothing. Invalid names text.
func (s *Service) Appeal(ctx context.Context, who *account.Person, caseID, text string) error {
	text = forum.Tidy(text)
	var f fault.Fields
	if n := utf8.RuneCountInString(text); n < minReason {
		f.Add("text", "moderation.appeal_missing", "Min", minReason)
	} else if n > MaxText {
		f.Add("text", "moderation.text_long", "Max", MaxText)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		c, err := caseByID(ctx, tx, caseID, true)
		if err != nil {
			return err
		}
		now := s.clock()
		if c.AuthorID != who.ID || c.DecidedAt == nil {
			return errNotFound
		}
		if c.AppealedAt != nil && c.Appeal == text {
			return nil // pressed twice
		}
		if !c.MayAppeal(now) {
			return fault.New(fault.Conflict, "moderation.no_appeal")
		}
		c.State, c.Appeal, c.AppealedAt, c.DueAt = Appealed, text, &now, now.Add(72*time.Hour)
		if err := updateCase(ctx, tx, c); err != nil {
			return err
		}
		if err := s.log(ctx, tx, Line{Actor: who.ID, Action: "appealed", CaseID: c.ID, PostID: c.PostID, DeliveryID: c.DeliveryID}, nil); err != nil {
			return err
		}
		return s.alert(ctx, tx, c, "appeal")
	})
}

// Answer decides an appeal; somebody else than who decided the case has to: Forbidden. Overturned brings the post back and
// lifts the suspension. Without an appeal it takes a decision back that hid a post, which everybody who decides may do.
// The same again changes nothing.
// Invalid names why.
func (s *Service) Answer(ctx context.Context, who *account.Person, caseID string, overturn bool, why string, version int) error {
	why = forum.Tidy(why)
	var f fault.Fields
	if n := utf8.RuneCountInString(why); n < minReason {
		f.Add("why", "moderation.reason_missing", "Min", minReason)
	} else if n > MaxReason {
		f.Add("why", "moderation.text_long", "Max", MaxReason)
	}
	if err := f.Err(); err != nil {
		return err
	}
	c, err := caseByID(ctx, s.db, caseID, false)
	if err != nil {
		return err
	}
	if !Moderates(who, c.DeliveryID) {
		return errNotFound
	}
	w, err := s.writer(ctx, c)
	if err != nil {
		return err
	}
	return s.change(ctx, who, caseID, func(ctx context.Context, tx bun.Tx, c *Case) error {
		switch {
		case c.State == Closed && c.OutcomeBy == who.ID && c.Outcome == outcomeOf(overturn) && c.OutcomeWhy == why:
			return nil // pressed twice
		case c.State != Appealed && !(c.TakesBack() && overturn):
			return fault.New(fault.Conflict, "moderation.over")
		case c.State == Appealed && c.DecidedBy == who.ID:
			return fault.New(fault.Forbidden, "moderation.own_decision")
		case c.Version != version:
			return fault.New(fault.Conflict, "moderation.changed_since")
		}
		now := s.clock()
		c.State, c.Outcome, c.OutcomeWhy, c.OutcomeBy, c.OutcomeAt = Closed, outcomeOf(overturn), why, who.ID, &now
		if err := updateCase(ctx, tx, c); err != nil {
			return err
		}
		if overturn {
			if _, err := tx.NewUpdate().Model((*Suspension)(nil)).Set("lifted_at = ?", now).Where("case_id = ?", c.ID).Where("lifted_at IS NULL").Exec(ctx); err != nil {
				return fmt.Errorf("lift a suspension: %w", db.Err(err))
			}
			s.changed(ctx, c.AuthorID)
		}
		err := s.log(ctx, tx, Line{Actor: who.ID, Action: "answered", CaseID: c.ID, PostID: c.PostID, DeliveryID: c.DeliveryID}, map[string]any{"outcome": c.Outcome, "why": why})
		if err != nil {
			return err
		}
		if p, t, err := s.forum.Find(ctx, tx, c.PostID); overturn && err == nil && p.State == forum.Hidden {
			back := forum.StateChange{PostID: p.ID, Reason: why, ActorID: who.ID, Name: who.Name, Action: "forum.restored"}
			if _, _, err := s.forum.Release(ctx, tx, w.visit, back); err != nil {
				return err
			}
			if title := c.title(s.hiddenTitle()); title != "" && t.Title == s.hiddenTitle() {
				if err := s.forum.Retitle(ctx, tx, t.ID, title); err != nil {
					return err
				}
			}
		} else if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if overturn {
			if err := s.sight(ctx, tx, c, true); err != nil {
				return err
			}
		}
		return s.tell(ctx, tx, c, w.person)
	})
}

func outcomeOf(overturn bool) string {
	if overturn {
		return "overturned"
	}
	return "upheld"
}

// tell says what became of a case: to the author by letter and on the site, to those who reported it on the site, and by
// letter to who has no account. A decision by which nothing happened to the post is no news to its author. It appends to
// streams: call it last.
func (s *Service) tell(ctx context.Context, tx bun.IDB, c *Case, author *account.Person) error {
	var items []inbox.Item
	answered := c.Outcome != ""
	if c.AuthorID != "" && (c.Action != None || answered) {
		kind := "moderation_decided"
		switch {
		case answered && c.AppealedAt == nil:
			kind = "moderation_taken_back"
		case answered:
			kind = "moderation_answered"
		case c.Action == Release:
			kind = "moderation_released"
		}
		href := MinePath(c.ID)
		if c.Action == Release {
			href = forum.PostPath(c.PostID)
		}
		it := inbox.Item{PersonID: c.AuthorID, Name: kind + ":" + c.ID, Kind: kind, Href: href}
		if kind != "moderation_released" && author != nil && author.Verified() {
			if err := s.write(ctx, tx, c, author); err != nil {
				return err
			}
			now := s.clock()
			it.MailedAt = &now // this letter is its mail: it is in no digest
		}
		items = append(items, it)
	}
	if !answered {
		var reports []Report
		if err := tx.NewSelect().Model(&reports).Where("r.case_id = ?", c.ID).Limit(200).Scan(ctx); err != nil {
			return fmt.Errorf("who reported: %w", db.Err(err))
		}
		for _, r := range reports {
			switch {
			case r.ReporterID != "":
				items = append(items, inbox.Item{PersonID: r.ReporterID, Name: "moderation_reported:" + c.ID, Kind: "moderation_reported", Subject: outcome(s.opts.Words.Printer(""), c), Href: "/rules"})
			case r.Email != "":
				l := s.opts.Words.Printer("")
				err := s.mail.Queue(ctx, tx, mail.Message{To: r.Email, Subject: l.T("moderation.mail.reported_subject"), Text: l.T("moderation.mail.reported",
					"Place", r.Place, "Outcome", outcome(l, c), "Link", s.opts.BaseURL+"/rules")})
				if err != nil {
					return err
				}
			}
		}
	}
	if len(items) == 0 {
		return nil
	}
	_, err := s.inbox.Tell(ctx, tx, items)
	return err
}

// outcome says in words what came of a report.
func outcome(l *locale.Printer, c *Case) string {
	if hides(c.Action) {
		return l.T("moderation.outcome.hidden")
	}
	if c.Action == Note {
		return l.T("moderation.outcome.note")
	}
	return l.T("moderation.outcome.none")
}

// write sends the author a letter about a decision or the answer to their appeal, whatever they chose about other mail.
func (s *Service) write(ctx context.Context, tx bun.IDB, c *Case, who *account.Person) error {
	l := s.opts.Words.Printer(who.Lang)
	m := mail.Message{To: who.Email, Subject: l.T("moderation.mail.decided_subject"), Text: l.T("moderation.mail.decided",
		"Name", who.Name, "What", l.T("moderation.told."+c.Action), "Rule", c.Rule, "Reason", c.Reason, "Link", s.opts.BaseURL+MinePath(c.ID))}
	if c.Outcome != "" {
		m.Subject = l.T("moderation.mail.answered_subject")
		if c.AppealedAt == nil {
			m.Subject = l.T("moderation.mail.taken_back_subject")
		}
		m.Text = l.T("moderation.mail.answered", "Name", who.Name, "What", l.T("moderation.outcome."+c.Outcome), "Reason", c.OutcomeWhy, "Link", s.opts.BaseURL+MinePath(c.ID))
	}
	return s.mail.Queue(ctx, tx, m)
}

// MinePath is the address of a case for the author of the post.
func MinePath(caseID string) string { return "/me/decisions/" + caseID }

package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/locale"
	"greenroom/internal/record"
)

// The hours in which a weekly letter leaves, in the reader's zone: a week that opens during them is announced at
// once, one that opens before at MorningHour, one that opens later at MorningHour of the next day.
const (
	MorningHour = 8
	EveningHour = 18
)

// late is how long after its time a weekly letter is still worth sending: a site that was away over a weekend writes
// on Monday, one that was away for a month does not write about weeks gone by.
const late = 72 * time.Hour

// keep is how long the names of letters are kept: longer than any letter may be late, and than a cohort lasts.
const keep = 2 * 366 * 24 * time.Hour

// LetterTime is when the letter about something that opens at an instant leaves to a reader in a zone.
func LetterTime(opens time.Time, zone *time.Location) time.Time {
	at := opens.In(zone)
	morning := time.Date(at.Year(), at.Month(), at.Day(), MorningHour, 0, 0, 0, zone)
	switch {
	case at.Before(morning):
		return morning
	case at.Hour() < EveningHour:
		return at
	}
	return time.Date(at.Year(), at.Month(), at.Day()+1, MorningHour, 0, 0, 0, zone)
}

// week is what opens for one person at one moment.
type week struct {
	opens   time.Time
	modules []delivery.PlanModule
}

func (w week) name(deliveryID string) string { return "week:" + deliveryID + ":" + w.modules[0].Key }

// weeks groups a plan by when its modules open.
func weeks(p delivery.Plan) []week {
	var out []week
	for _, m := range p.Modules {
		if n := len(out); n > 0 && out[n-1].opens.Equal(m.Opens) {
			out[n-1].modules = append(out[n-1].modules, m)
			continue
		}
		out = append(out, week{m.Opens, []delivery.PlanModule{m}})
	}
	return out
}

// SendWeekly sends the weekly letters that are due and answers how many. It may run on every node at once, and again
// after it failed half way.
func (s *Service) SendWeekly(ctx context.Context) (int, error) {
	n := 0
	for page := 1; ; page++ {
		rows, total, err := s.deliveries.Cohorts(ctx, delivery.Filter{Status: []string{delivery.Open}, Page: page})
		if err != nil {
			return n, err
		}
		for i := range rows {
			more, err := s.sendCohort(ctx, &rows[i].Delivery)
			n += more
			if err != nil {
				return n, fmt.Errorf("weekly letters of %s: %w", rows[i].ID, err)
			}
		}
		if page*delivery.PerPage >= total {
			return n, nil
		}
	}
}

func (s *Service) sendCohort(ctx context.Context, d *delivery.Delivery) (int, error) {
	n := 0
	for page := 1; ; page++ {
		members, total, err := s.deliveries.Roster(ctx, d.ID, delivery.RosterFilter{Status: []string{delivery.Active}, Page: page})
		if err != nil {
			return n, err
		}
		more, err := s.sendMembers(ctx, d, members)
		n += more
		if err != nil || page*delivery.PerPage >= total {
			return n, err
		}
	}
}

// dueLetter is a week of which a member may have to be told.
type dueLetter struct {
	member delivery.Member
	rev    *course.Revision
	plan   delivery.Plan
	week   week
}

func (s *Service) sendMembers(ctx context.Context, d *delivery.Delivery, members []delivery.Member) (int, error) {
	due, err := s.opened(ctx, d, members)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	people, names := make([]string, 0, len(due)), make([]string, 0, len(due))
	for _, x := range due {
		people, names = append(people, x.member.PersonID), append(names, x.week.name(d.ID))
	}
	done, err := had(ctx, s.db, people, names)
	if err != nil {
		return 0, err
	}
	want, err := choices(ctx, s.db, people)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, x := range due {
		if done[[2]string{x.member.PersonID, x.week.name(d.ID)}] || want[x.member.PersonID].Weekly == Off {
			continue
		}
		ok, err := s.sendWeek(ctx, d, x, want[x.member.PersonID])
		if err != nil {
			return n, err
		}
		if ok {
			n++
		}
	}
	return n, nil
}

// opened finds the weeks that opened lately for members; whether it is time to write depends on the reader's zone.
func (s *Service) opened(ctx context.Context, d *delivery.Delivery, members []delivery.Member) ([]dueLetter, error) {
	now := s.now()
	var out []dueLetter
	for _, m := range members {
		rev, err := s.courses.Revision(ctx, m.RevisionHash)
		if err != nil {
			return nil, err
		}
		plan := d.Plan(rev, &m.Enrolment)
		for _, w := range weeks(plan) {
			// The latest that a letter may leave is the next morning: within a day of opening.
			if now.Before(w.opens) || now.Sub(w.opens) > late+24*time.Hour {
				continue
			}
			out = append(out, dueLetter{m, rev, plan, w})
		}
	}
	return out, nil
}

func (s *Service) sendWeek(ctx context.Context, d *delivery.Delivery, x dueLetter, want Choice) (bool, error) {
	p, err := s.accounts.ByID(ctx, x.member.PersonID)
	if err != nil {
		return false, gone(err)
	}
	zone := s.accounts.Location(p)
	at, now := LetterTime(x.week.opens, zone), s.now()
	if now.Before(at) || now.Sub(at) > late {
		return false, nil
	}
	progress, err := s.records.Of(ctx, p.ID, d.CourseKey)
	if err != nil {
		return false, err
	}
	view := record.Look(x.rev, progress)
	if view.Complete {
		return false, nil // nothing is left to do
	}
	text, subject := s.weekText(p, d, x, view, zone)
	var also []string
	if want.Announcements == WithWeekly {
		more, err := s.announced(ctx, p, d, view.Complete)
		if err != nil {
			return false, err
		}
		for _, a := range more {
			text += "\n\n" + s.announcementText(p, d, a)
			also = append(also, announcementName(a.ID))
		}
	}
	return s.send(ctx, p, letter{name: x.week.name(d.ID), kind: Weekly, subject: subject, text: text, also: also})
}

// weekText is the letter: what opens, how long it takes, when it is due where the reader is and in the cohort's zone,
// and what is still open from before.
func (s *Service) weekText(p *account.Person, d *delivery.Delivery, x dueLetter, view record.View, zone *time.Location) (text, subject string) {
	l := s.opts.Words.Printer(p.Lang)
	var b strings.Builder
	first := module(x.rev, x.week.modules[0].Key)
	subject = l.T("notify.week_subject", "Week", x.week.modules[0].Week, "Title", first.Title)
	b.WriteString(l.T("notify.week_hello", "Name", p.Name, "Cohort", d.Title) + "\n\n")
	for _, m := range x.week.modules {
		mod := module(x.rev, m.Key)
		b.WriteString(l.T("notify.week_module", "Number", mod.Number, "Title", mod.Title, "Minutes", l.Minutes(mod.Minutes)) + "\n")
		if mod.Summary != "" {
			b.WriteString(mod.Summary + "\n")
		}
		b.WriteString(l.T("notify.week_due", "When", both(l, m.Due, zone, d.Location())) + "\n\n")
	}
	if n := s.behind(x, view); n > 0 {
		b.WriteString(l.T("notify.week_behind", "Count", n) + "\n\n")
	}
	b.WriteString(l.T("notify.week_go", "Link", s.opts.BaseURL+"/courses/"+d.CourseKey+"/learn"))
	return b.String(), subject
}

// behind counts the steps of earlier weeks that are not done.
func (s *Service) behind(x dueLetter, view record.View) int {
	n := 0
	for i, m := range x.plan.Modules {
		if m.Opens.Before(x.week.opens) && i < len(view.Modules) {
			n += view.Modules[i].Total - view.Modules[i].Done
		}
	}
	return n
}

func module(rev *course.Revision, key string) *course.Module {
	for _, m := range rev.Modules {
		if m.Key == key {
			return m
		}
	}
	return &course.Module{}
}

// both says an instant where the reader is, and in the cohort's zone where that is another time of day.
func both(l *locale.Printer, at time.Time, reader, cohort *time.Location) string {
	here, there := at.In(reader), at.In(cohort)
	own := l.DateTime(here) + " " + here.Format("MST")
	if _, a := here.Zone(); func() int { _, b := there.Zone(); return b }() == a {
		return own
	}
	return l.T("notify.both_zones", "Here", own, "There", l.DateTime(there)+" "+there.Format("MST"))
}

// Run sends what is due, every two minutes, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	t := time.NewTicker(2 * time.Minute)
	defer t.Stop()
	for {
		if _, err := s.SendWeekly(ctx); err != nil && ctx.Err() == nil {
			s.opts.Log.ErrorContext(ctx, "notify: weekly letters", "error", err.Error())
		}
		if _, err := s.SendDigests(ctx); err != nil && ctx.Err() == nil {
			s.opts.Log.ErrorContext(ctx, "notify: digests", "error", err.Error())
		}
		if err := forget(ctx, s.db, s.now().Add(-keep)); err != nil && ctx.Err() == nil {
			s.opts.Log.ErrorContext(ctx, "notify: forget", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

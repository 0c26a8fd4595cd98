package app

import (
	"context"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/record"
)

// DemoPassword is the published password of every demo person. Demo people exist on demo sites only.
const DemoPassword = "greenroom-demo"

// demoCourse is where the demo people have been busy.
const demoCourse = "using-social-media"

// demoDays is since when demo people have been there: longer than their cohorts go on, and than what holds for who is new.
const demoDays = 60

type demoPerson struct {
	account.DemoPerson
	steps int // readings marked complete in demoCourse; -1: not enrolled
}

func demoPeople() []demoPerson {
	out := []demoPerson{{demo("learner", "Rina Patel", "learner"), 4}}
	names := []string{"Tevita Ofa", "Miriam Katz", "Jack Nguyen", "Ana Lopes", "Sam Okafor", "Leila Haddad", "Noah Wilson", "Grace Murray"}
	for i, n := range names {
		out = append(out, demoPerson{demo("learner"+strconv.Itoa(i+2), n, "learner"), []int{12, 7, 2, 9, 1, 5, 3, 0}[i]})
	}
	return append(out,
		demoPerson{demo("trainer", "Dana Reid", "trainer"), -1}, demoPerson{demo("moderator", "Kai Brennan", "moderator"), -1},
		demoPerson{demo("author", "Priya Raman", "author"), -1}, demoPerson{demo("admin", "Alex Doyle", "admin"), -1})
}

func demo(who, name, role string) account.DemoPerson {
	return account.DemoPerson{Email: who + "@demo.example", Name: name, Role: role, Password: DemoPassword, Days: demoDays}
}

// demoSignIns are the people that the sign-in page of a demo site offers; none on other sites.
func (a *App) demoSignIns() []account.DemoPerson {
	if !a.cfg.DemoSite() {
		return nil
	}
	var out []account.DemoPerson
	for _, p := range demoPeople() {
		out = append(out, p.DemoPerson)
	}
	return out
}

// Demo adds the demo people and lets some of them begin a course. Who is there already is left as they are.
func (a *App) Demo(ctx context.Context) error {
	for _, p := range demoPeople() {
		_, err := a.Accounts.ByEmail(ctx, p.Email)
		if err == nil {
			continue
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		who, err := a.Accounts.AddDemo(ctx, p.DemoPerson)
		if err != nil {
			return fmt.Errorf("demo person %s: %w", p.Email, err)
		}
		if p.Role != account.RoleLearner {
			if err := a.Access.Grant(ctx, nil, access.Grant{PersonID: who.ID, Role: p.Role, Reason: "demo person"}); err != nil {
				return fmt.Errorf("role of demo person %s: %w", p.Email, err)
			}
		}
		if err := a.begin(ctx, who.ID, p.steps); err != nil {
			return fmt.Errorf("demo activity of %s: %w", p.Email, err)
		}
	}
	if err := a.demoCertificate(ctx); err != nil {
		return err
	}
	if err := a.beginCohorts(ctx); err != nil {
		return err
	}
	if err := a.beginTalk(ctx); err != nil {
		return err
	}
	return a.beginSituations(ctx)
}

// begin enrols a demo person and marks their first readings complete.
func (a *App) begin(ctx context.Context, personID string, steps int) error {
	if steps < 0 {
		return nil
	}
	r, err := a.Courses.Current(ctx, demoCourse)
	if fault.Is(err, fault.NotFound) {
		return nil // an operator's own courses: people, but nothing for them to have done
	}
	if err != nil {
		return err
	}
	at, err := a.Deliveries.Enrol(ctx, personID, r.Key)
	if err != nil {
		return err
	}
	for _, act := range readings(r, steps) {
		c := record.Completion{PersonID: personID, Course: r, Activity: act, DeliveryID: at.DeliveryID}
		if _, err := a.Records.MarkComplete(ctx, c); err != nil {
			return err
		}
		if err := a.Deliveries.Seen(ctx, personID, r.Key, act.Key); err != nil {
			return err
		}
	}
	return nil
}

func readings(r *course.Revision, n int) []*course.Activity {
	var out []*course.Activity
	for act := r.First(); act != nil && len(out) < n; act = act.Next {
		if act.Kind == "reading" {
			out = append(out, act)
		}
	}
	return out
}

// congratulate is the reactor that mails where the certificate is. A second hearing would send the same mail again,
// which does no harm.
func (a *App) congratulate(words *locale.Bundle) func(ctx context.Context, f record.CourseCompleted) error {
	return func(ctx context.Context, f record.CourseCompleted) error {
		p, err := a.Accounts.ByID(ctx, f.PersonID)
		if err != nil || p.Guest() || p.VerifiedAt.IsZero() {
			return ignoreGone(err) // erased since, a guest, or an address that nobody has proven
		}
		all, err := a.Credentials.List(ctx, p.ID)
		if err != nil {
			return err
		}
		for _, k := range all {
			if k.CourseKey != f.CourseKey {
				continue
			}
			l := words.Printer(p.Lang)
			text := l.T("app.certificate_mail", "Name", p.Name, "Course", k.CourseTitle, "Link", a.cfg.BaseURL+"/me/certificates/"+k.Code)
			return db.InTx(ctx, a.DB, func(ctx context.Context, tx bun.Tx) error {
				return a.Mail.Queue(ctx, tx, mail.Message{To: p.Email, Subject: l.T("app.certificate_subject", "Course", k.CourseTitle), Text: text})
			})
		}
		return nil
	}
}

func ignoreGone(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Package admin renders the pages of those who run the site.
package admin

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/delivery"
	"greenroom/internal/event"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/signon"
	"greenroom/internal/site"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Overview is /admin. Times are the reader's.
type Overview struct {
	layout.Page
	site.Health
	Now time.Time
}

// warnings are what should be looked at, the worst first, as message keys with their pairs.
func (p Overview) warnings() (all []warning) {
	add := func(there bool, kind, key, href string, args ...any) {
		if there {
			all = append(all, warning{kind, p.L.T(key, args...), href})
		}
	}
	add(p.Database.Steps < p.Database.Known, "danger", "admin.warn.steps", "")
	add(p.Store.Low(), "danger", "admin.warn.disk", "", "Percent", percent(p.Store.DiskFree, p.Store.DiskAll))
	add(p.Facts.Dead > 0, "caution", "admin.warn.dead", "/admin/jobs", "Count", p.Facts.Dead)
	add(p.Facts.Lag(p.Now) > 10*time.Minute, "caution", "admin.warn.lag", "/admin/jobs", "Age", p.age(p.Facts.Oldest))
	add(p.Mail.Dead > 0, "caution", "admin.warn.mail_dead", "/admin/mail", "Count", p.Mail.Dead)
	add(!p.Mail.Oldest.IsZero() && p.Now.Sub(p.Mail.Oldest) > 30*time.Minute, "caution", "admin.warn.mail_old", "/admin/mail", "Age", p.age(p.Mail.Oldest))
	add(p.Mail.Development, "caution", "admin.warn.no_mail", "/admin/mail")
	add(p.Store.BackupAt.IsZero(), "caution", "admin.warn.no_backup", "")
	add(!p.Store.BackupAt.IsZero() && p.Now.Sub(p.Store.BackupAt) > 26*time.Hour, "caution", "admin.warn.backup", "", "Age", p.age(p.Store.BackupAt))
	return all
}

type warning struct{ kind, text, href string }

// age is how long ago something was, in words.
func (p Overview) age(at time.Time) string { return ago(p.L, p.Now.Sub(at)) }

func ago(l *locale.Printer, d time.Duration) string {
	switch {
	case d < time.Minute:
		return l.T("admin.seconds", "Count", int(d/time.Second))
	case d < 48*time.Hour:
		return l.Minutes(int(d / time.Minute))
	}
	return l.T("admin.days", "Count", int(d/(24*time.Hour)))
}

func percent(part, all uint64) int {
	if all == 0 {
		return 0
	}
	return int(part * 100 / all)
}

// size is a number of bytes as people say it.
func size[N int64 | uint64](n N) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	v, i := float64(n), 0
	for v >= 1000 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 || v >= 100 {
		return fmt.Sprintf("%.0f %s", v, units[i])
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}

// People is /admin/people.
type People struct {
	layout.Page
	Query string
	Rows  []account.Person
	Total int
	Nav   ui.PageNav
}

// roles are a person's roles in words, each once.
func roles(l *locale.Printer, p account.Person) (out []string) {
	for _, g := range p.Powers.List() {
		w := l.T("access.role." + g.Role)
		if g.DeliveryID != "" {
			w = l.T("admin.role_in_one", "Role", w)
		}
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func personPath(id string) string { return "/admin/people/" + id }

// Grant is one role of the person, with names.
type Grant struct {
	access.Grant
	By, In    string // who granted it ("" an operator, or somebody who is gone) and the cohort ("" the whole site)
	Live      bool
	At, Until time.Time
}

// Typed is what was typed into a form that was refused.
type Typed struct{ Role, Scope, Reason, Expires string }

// Person is /admin/people/:id.
type Person struct {
	layout.Page
	Who      *account.Person
	Self     bool // the administrator's own page
	Presence account.Presence
	Grants   []Grant
	Cohorts  []delivery.Row
	History  []audit.Entry
	Entries  int
	Form     string // the form that was refused; "" for none
	Typed    Typed
	By       map[string]string
	Errors   []ui.FieldError
}

// by is the message of a field of one of the forms.
func (p Person) by(form, field string) string {
	if p.Form != form {
		return ""
	}
	return p.By[field]
}

func (p Person) typed(form string) Typed {
	if p.Form != form {
		return Typed{}
	}
	return p.Typed
}

func (p Person) roleOptions() []ui.Option {
	out := []ui.Option{{Text: p.L.T("admin.grant.choose")}}
	for _, r := range access.SiteRoles {
		out = append(out, ui.Option{Value: r, Text: p.L.T("access.role." + r), Selected: p.typed("grant").Role == r})
	}
	return out
}

func (p Person) scopeOptions() []ui.Option {
	out := []ui.Option{{Text: p.L.T("admin.scope.site")}}
	for _, d := range p.Cohorts {
		text := d.Title
		if text == "" {
			text = d.CourseKey
		}
		out = append(out, ui.Option{Value: d.ID, Text: text, Selected: p.typed("grant").Scope == d.ID})
	}
	return out
}

// formOf is the name of the form that takes a grant away.
func formOf(g Grant) string { return "revoke-" + g.Role + "-" + g.DeliveryID }

// scope says where a grant holds.
func scope(l *locale.Printer, g Grant) string {
	if g.DeliveryID == "" {
		return l.T("admin.scope.site")
	}
	return l.T("admin.scope.cohort", "Title", g.In)
}

// by says who granted a role and when.
func granted(l *locale.Printer, g Grant) string {
	if g.By == "" {
		return l.T("admin.granted_at", "When", l.DateTime(g.At))
	}
	return l.T("admin.granted_by", "Who", g.By, "When", l.DateTime(g.At))
}

// Areas are what the audit log is about, as beginnings of actions.
var Areas = []string{"role.", "account.", "accommodation.", "certificate.", "cohort.", "record.", "records.", "quiz.", "invitation.", "enrolment.", "signon.", "site."}

// Audit is /admin/audit. From and To are days as typed.
type Audit struct {
	layout.Page
	audit.Filter
	From, To, CSV string
	Person        string // name of the one whom it is about; "" for everybody
	Rows          []audit.Entry
	Total         int
	Nav           ui.PageNav
}

func (p Audit) areas() []ui.Option {
	out := []ui.Option{{Text: p.L.T("admin.audit.everything")}}
	for _, a := range Areas {
		out = append(out, ui.Option{Value: a, Text: p.L.T("admin.area." + a[:len(a)-1]), Selected: p.Action == a})
	}
	return out
}

// what says an action in words; the name of one that has none.
func what(l *locale.Printer, e audit.Entry) string {
	if l.Has(e.Key()) {
		return l.T(e.Key())
	}
	return e.Action
}

// subject is what else an entry is about; roles have a word of their own.
func subject(l *locale.Printer, e audit.Entry) string {
	if strings.HasPrefix(e.Action, "role.") {
		return l.T("access.role." + e.Subject)
	}
	return e.Subject
}

func actorOf(l *locale.Printer, e audit.Entry) string {
	switch {
	case e.ActorName != "":
		return e.ActorName
	case e.ActorID != "":
		return l.T("admin.somebody_gone")
	}
	return l.T("admin.operator")
}

// Why is /admin/why.
type Why struct {
	layout.Page
	Person, Address string
	Answer          *Answer
	By              map[string]string
	Errors          []ui.FieldError
}

// Answer says whether somebody reaches a page. Verdict is no_page, public, account, role, some, missing or closed.
type Answer struct {
	Who             *account.Person
	Path            string
	Pattern, Access string
	Verdict         string
	Because         []Grant // that open the page
	Within          []Grant // that open a part of it
}

func (a *Answer) yes() bool {
	return a.Verdict != "no_page" && a.Verdict != "missing" && a.Verdict != "closed"
}

// Look is /admin/look.
type Look struct {
	layout.Page
	site.Look
	SiteName string // what it is called where the look has no name
	Pairs    []site.Pair
	By       map[string]string
	Errors   []ui.FieldError
}

// worst are the pairs to show: the lowest figures of each theme, and all that cannot be read.
func (p Look) worst(theme string) (out []site.Pair) {
	for _, x := range p.Pairs {
		if x.Theme == theme {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b site.Pair) int {
		switch x, y := a.Ratio/a.Least, b.Ratio/b.Least; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return out[:min(6, len(out))]
}

// SignOn is /admin/sign-on.
type SignOn struct {
	layout.Page
	Providers []signon.Setting
}

// Jobs is /admin/jobs.
type Jobs struct {
	layout.Page
	Status   event.Status
	Lag      time.Duration
	Reactors []event.Reactor
	Troubled []event.Undelivered
	Total    int
	Nav      ui.PageNav
}

// Mail is /admin/mail.
type Mail struct {
	layout.Page
	From, To             string
	Development, Mailbox bool
	Waiting, Dead        int
	Mine, Troubled       []mail.Progress
	Nav                  ui.PageNav
}

// state is how far a letter has come, as the end of a message key, and the kind of its tag.
func state(m mail.Progress) (key, kind string) {
	switch {
	case m.Kept:
		return "kept", "quiet"
	case m.Sent:
		return "sent", "ok"
	case m.Dead:
		return "dead", "caution"
	case m.Error != "":
		return "again", "caution"
	}
	return "waiting", ""
}

func whyPath(person, path string) string {
	return "/admin/why?" + url.Values{"person": {person}, "path": {path}}.Encode()
}

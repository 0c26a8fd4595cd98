// Package moderation is how house rules, reports, the moderators' queue and its cases look.
package moderation

import (
	"strconv"
	"strings"
	"time"

	"greenroom/internal/forum"
	"greenroom/internal/locale"
	rules "greenroom/internal/moderation"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Form is a form that may have been refused.
type Form struct {
	By     map[string]string
	Errors []ui.FieldError
}

// RulesPage is /rules.
type RulesPage struct {
	layout.Page
	Rules    *rules.Rules  // the edition that is shown
	Editions []rules.Rules // all, the newest first
	Old      bool          // another one holds now
	SignedIn bool
	Accepted *time.Time // when the reader accepted the edition that is shown
	Back     string
	Zone     *time.Location
}

// from says from when an edition has held.
func (p RulesPage) from(r *rules.Rules) string {
	if r.PublishedAt.IsZero() {
		return p.L.T("moderation.edition_first")
	}
	return p.L.T("moderation.edition_from", "When", p.L.DateTime(r.PublishedAt.In(p.Zone)))
}

// Report is a form to report something.
type Report struct {
	layout.Page
	Form
	In      rules.NewReport
	Action  string
	Outside bool        // anybody's form
	Post    *forum.Seen // what is reported by a member
	Said    string      // the same, where it is no post
	Back    string
}

// Mine is a decision as the author of the post sees it.
type Mine struct {
	layout.Page
	Form
	*rules.Case
	Now  time.Time
	Text string
	Zone *time.Location
}

// Queue is /moderate.
type Queue struct {
	layout.Page
	Rows    []rules.Row
	List    string
	Total   int
	Figures *rules.Figures
	Now     time.Time
	Nav     ui.PageNav
	Zone    *time.Location
}

// excerpt is the beginning of what was said in a case.
func excerpt(c *rules.Case) string {
	all := c.Said()
	if len(all) == 0 {
		return ""
	}
	text := []rune(strings.Join(strings.Fields(all[0].Title+" "+all[0].Text), " "))
	if len(text) > 160 {
		return strings.TrimSpace(string(text[:159])) + "…"
	}
	return string(text)
}

func (p Queue) late(r *rules.Row) bool { return !r.Over() && p.Now.After(r.DueAt) }

// CasePage is one case.
type CasePage struct {
	layout.Page
	Form
	*rules.Dossier
	Decision rules.Decision
	Answer   string
	Me       string
	Rules    *rules.Rules
	Now      time.Time
	Zone     *time.Location
}

// decides and answers say which form the reader has on the page.
func (p CasePage) decides() bool {
	return !p.Conflict && p.State == rules.Claimed && p.ClaimedBy == p.Me
}
func (p CasePage) answers() bool {
	return !p.Conflict && (p.State == rules.Appealed && p.DecidedBy != p.Me || p.TakesBack())
}

// kept is what was typed into a form that is no longer there, since somebody else was faster.
func (p CasePage) kept() string {
	switch {
	case p.Decision.Reason != "" && !p.decides():
		return p.Decision.Reason
	case p.Answer != "" && !p.answers():
		return p.Answer
	}
	return ""
}

func (p CasePage) path() string { return "/moderate/cases/" + p.ID }

// actions are those that can be decided in this case.
func (p CasePage) actions() []string {
	var out []string
	for _, a := range rules.Actions {
		if !p.MayDecide(a) || a == rules.None && p.Origin == rules.HeldBack {
			continue
		}
		out = append(out, a)
	}
	return out
}

func (p CasePage) name(l *locale.Printer, id string) string {
	if n := p.Names[id]; n != "" {
		return n
	}
	return l.T("moderation.somebody")
}

func days(l *locale.Printer, chosen int) []ui.Option {
	var out []ui.Option
	for _, n := range rules.SuspendDays {
		out = append(out, ui.Option{Value: strconv.Itoa(n), Text: l.T("moderation.days", "Count", n), Selected: n == chosen})
	}
	return out
}

// BoardPage is how one board is looked after.
type BoardPage struct {
	layout.Page
	Form
	Board rules.Board
	Visit *forum.Visit
	Slow  string // as typed
}

// SitePage is /admin/moderation.
type SitePage struct {
	layout.Page
	Form
	Site    rules.Site
	Rules   *rules.Rules
	Text    string            // of the rules, as typed
	Typed   map[string]string // hours, posts, links, from and to, as typed into a form that was refused; nil otherwise
	Checked bool              // the log was looked through
	Lines   int64             // of it
	Broken  *rules.Broken     // where it was changed, nil nowhere
	Zone    *time.Location
}

func (p SitePage) at(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(p.Zone).Format("2006-01-02T15:04")
}

// typed is a field as it was typed, else what holds.
func (p SitePage) typed(name, holds string) string {
	if p.Typed == nil {
		return holds
	}
	return p.Typed[name]
}

func caretakerName(mode string) string {
	if mode == rules.CaretakerOff {
		return "off"
	}
	return mode
}

// kindName is what was reported, or why a post was held, in words.
func kindName(l *locale.Printer, kind string) string { return l.T("moderation.kind." + kind) }

// title names a case: what was reported, why a post was held, or that a moderator found it.
func title(l *locale.Printer, c *rules.Case) string {
	origin := l.T("moderation.origin." + c.Origin)
	if c.Origin == rules.ByStaff {
		return origin
	}
	return origin + ": " + kindName(l, c.Kind)
}

func stateTag(state string) string {
	switch state {
	case rules.Open, rules.Appealed:
		return "caution"
	case rules.Claimed:
		return ""
	}
	return "quiet"
}

func (p Queue) tabs() []ui.Tab {
	var out []ui.Tab
	for _, x := range rules.Lists {
		out = append(out, ui.Tab{Text: p.L.T("moderation.list." + x), Href: "/moderate?list=" + x, Current: p.List == x})
	}
	return out
}

// was says of when settings are, in a form; "" of such that were never saved.
func was(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

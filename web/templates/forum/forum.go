// Package forum is the pages of discussions: the boards of a delivery, a board, a thread, the form to write in, search,
// and what facilitators see.
package forum

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"greenroom/internal/delivery"
	"greenroom/internal/draft"
	"greenroom/internal/forum"
	"greenroom/internal/locale"
	"greenroom/internal/markdown"
	"greenroom/internal/moderation"
	"greenroom/internal/play"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Path is the address of a delivery's discussion.
func Path(deliveryID string) string { return "/discuss/" + deliveryID }

// BoardPath is the address of a board.
func BoardPath(deliveryID, board string) string { return Path(deliveryID) + "/" + board }

// ThreadPath is the address of a thread.
func ThreadPath(threadID string) string { return "/threads/" + threadID }

// Composer is the form to write in.
type Composer struct {
	Action    string // where it posts to; its draft and preview are below that
	Client    string
	Form      draft.Form
	Title     string
	WithTitle bool
	Body      string
	Parent    *forum.Seen // what is answered, nil for the thread itself
	Pseudonym bool        // people may choose
	Alias     bool        // chosen
	Rules     int         // the edition of the house rules that was ticked, 0 none
	Return    string      // where to go afterwards, "" for the post
	Label     string      // of the text
	Hint      string
	Button    string
	MinWords  int
	Saved     string // when the draft that is in it was saved, "" without
	Unsaved   bool   // typed, and kept nowhere but on the page
	Again     bool   // files came with it, which a browser does not keep: they have to be chosen again
	Pictures  string // what the pictures show, in lines
	Alone     bool   // what it answered is gone
	By        map[string]string
	Waits     *moderation.Waits // what holds for the writer here; nil: nothing
}

// Left is a text that was begun where nobody can write any more.
type Left struct {
	Action             string // where it is let go
	Form               draft.Form
	Title, Body, Saved string
}

// whole is the text with its title.
func (x *Left) whole() string {
	if x.Title == "" {
		return x.Body
	}
	return x.Title + "\n\n" + x.Body
}

// filesDescribed are the lines that say something of the field for files.
func filesDescribed(c Composer) string {
	out := "f-files-hint"
	if c.By["files"] != "" {
		out += " f-files-error"
	}
	if c.Again {
		out += " f-files-again"
	}
	return out
}

// View is what pages of one visit share.
type View struct {
	L     *locale.Printer
	Visit *forum.Visit
	Zone  *time.Location // the reader's
}

// when says a date of the cohort where it is and where the reader is.
func (v View) when(t time.Time) string { return ui.When(v.L, t, v.Visit.Dates.Zone, v.Zone) }

// at says when something was written, in the reader's zone.
func (v View) at(t time.Time) string { return v.L.DateTime(v.local(t)) }

func (v View) local(t time.Time) time.Time {
	if v.Zone == nil {
		return t.UTC()
	}
	return t.In(v.Zone)
}

// BoardTitle is what a board is called.
func (v View) BoardTitle(x *forum.Visit, groupName string) string {
	switch {
	case x.Activity != nil:
		return x.Activity.Title
	case groupName != "":
		return groupName
	}
	return v.L.T("forum.board_" + x.Board)
}

// place is the delivery's name: the cohort's, or the course's for those who learn alone.
func (v View) place() string {
	if v.Visit.Delivery.Cohort() {
		return v.Visit.Delivery.Title
	}
	return v.Visit.Course.Title
}

func (v View) homePath() string {
	d := v.Visit.Delivery
	if d.Cohort() {
		return "/courses/" + d.CourseKey + "/cohorts/" + d.ID
	}
	return "/courses/" + d.CourseKey
}

// ThreadPage is one page of a thread.
type ThreadPage struct {
	layout.Page
	View
	Thread   *forum.Thread // nil while nobody has written in a prompt
	Read     *forum.Page
	Seat     string // the name of how the reader sees it (live.Seat)
	Reading  int    // how many people have it open; 0 where that is not said
	Typing   bool   // others hear that somebody writes
	Title    string
	Board    string // title of the board
	Group    int    // number of the discussion group, 0 without
	Part     forum.Part
	Compose  *Composer // nil where one cannot write; Why says why
	Why      string
	Left     *Left // what was begun there, nil when nothing
	Errors   []ui.FieldError
	Done     bool
	Grade    *forum.Grade
	Moves    []ui.Option // boards that it could go to
	Managing bool        // the part for staff was asked for, or has errors
	By       map[string]string
	Typed    map[string]string
	Embedded bool // in a step's page, which has the head
}

// L is ambiguous between the two embedded parts; pages mean the reader's.
func (p ThreadPage) l() *locale.Printer { return p.View.L }

func (p ThreadPage) path() string {
	if p.Thread == nil {
		return BoardPath(p.Visit.Delivery.ID, p.Visit.Board)
	}
	return ThreadPath(p.Thread.ID)
}

// branch is a response with its comments, as far as they are on a page.
type branch struct {
	Root     *forum.Seen // nil when it is on an earlier page
	RootID   string
	Comments []*forum.Seen
}

// branches puts the posts of a page into their order as a tree.
func (p ThreadPage) branches() []branch {
	var out []branch
	for i := range p.Read.Posts {
		s := &p.Read.Posts[i]
		if n := len(out); n == 0 || out[n-1].RootID != s.RootID {
			out = append(out, branch{RootID: s.RootID})
		}
		b := &out[len(out)-1]
		if s.ID == s.RootID {
			b.Root = s
		} else {
			b.Comments = append(b.Comments, s)
		}
	}
	return out
}

// name is who wrote a post, as it is shown.
func name(l *locale.Printer, s *forum.Seen) string {
	if s.Name == "" {
		return l.T("forum.former")
	}
	return s.Name
}

func initials(s string) string {
	out := ""
	for _, w := range strings.Fields(s) {
		if r := []rune(w); len([]rune(out)) < 2 {
			out += string(r[0])
		}
	}
	if out == "" {
		return "–"
	}
	return strings.ToUpper(out)
}

// may says whether the reader may change a post of their own.
func (p ThreadPage) may(s *forum.Seen) bool {
	return s.Own(p.Visit.Who.ID) && s.State == forum.Visible && !p.Visit.Closed() && (p.Thread == nil || !p.Thread.Locked || p.Visit.Staff)
}

func (p ThreadPage) canReply() bool { return p.Compose != nil && p.Visit.Unlocked }

func postAction(id, verb string) templ.SafeURL { return templ.SafeURL("/posts/" + id + "/" + verb) }

func count(n int) string { return strconv.Itoa(n) }

// Sheet is a plain page about one post: to edit it, take it away, or see what it said before.
type Sheet struct {
	layout.Page
	View
	Thread  *forum.Thread
	Title   string // of the thread
	Post    *forum.Seen
	History []forum.Edited
	Body    string
	Reason  string
	Rules   int               // the edition of the house rules that was ticked
	Waits   *moderation.Waits // what holds for the writer; nil: nothing
	Preview markdown.HTML     // of Body, "" where none was asked for
	Since   bool              // the post has changed since the form was made
	By      map[string]string
	Errors  []ui.FieldError
}

func (p Sheet) l() *locale.Printer { return p.View.L }

// BoardRow is a board on the page of a delivery.
type BoardRow struct {
	Visit *forum.Visit
	Title string
	forum.Tally
	Part forum.Part // of a prompt
}

// Home is the page of a delivery's discussion.
type Home struct {
	layout.Page
	View
	Prompts, Rest, Groups []BoardRow
	Archive               []BoardRow // prompts that have gone there
	Drafts                []Draft
}

func (p Home) l() *locale.Printer { return p.View.L }

// Draft is a text that was begun.
type Draft struct{ Href, Title, Text, When string }

// Board is the page of a board with its threads.
type Board struct {
	layout.Page
	View
	Title   string
	Threads []forum.Listed
	List    string
	Nav     ui.PageNav
	Compose *Composer
	Why     string
	Left    *Left
	Errors  []ui.FieldError
}

func (p Board) l() *locale.Printer { return p.View.L }

func (p Board) path() string { return BoardPath(p.Visit.Delivery.ID, p.Visit.Board) }

func (p Board) title(t *forum.Listed) string {
	if t.ActivityKey != "" {
		return p.l().T("forum.group_thread", "Title", p.Title, "N", max(1, t.Number))
	}
	return t.Title
}

// Results is the page of a search.
type Results struct {
	layout.Page
	View
	Query  string
	Found  []Hit
	Total  int
	Nav    ui.PageNav
	Errors []ui.FieldError
	By     map[string]string
}

func (p Results) l() *locale.Printer { return p.View.L }

// Hit is a post that was found.
type Hit struct {
	forum.Found
	Where string
}

// StepPage is the body of a step's page.
type StepPage struct {
	L       *locale.Printer
	Step    play.Step
	Content *forum.Content
	Thread  *ThreadPage // nil for people who are not in the delivery
	Instead string      // address of the reflection that may be taken instead, "" without
	Counts  bool        // it is done and can be taken
	Done    string      // when the step was completed, "" before
	SignIn  bool        // somebody without an account looks
}

// Preview is how a text will look.
type Preview struct {
	layout.Page
	View
	Title   string
	HTML    markdown.HTML
	Compose *Composer
}

func (p Preview) l() *locale.Printer { return p.View.L }

func query(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// over says whether the delivery goes on.
func over(d *delivery.Delivery) bool {
	return d.Status == delivery.Closed || d.Status == delivery.Cancelled
}

func onOff(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

func orUsual(s string) string {
	if s == "" {
		return "usual"
	}
	return s
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func (p ThreadPage) typed(name, otherwise string) string {
	if v, there := p.Typed[name]; there {
		return v
	}
	return otherwise
}

// SearchPath is the address of a page of a search.
func SearchPath(deliveryID, q string, page int) string {
	return Path(deliveryID) + "/search" + query("q", q, "page", strconv.Itoa(page))
}

// ListPath is the address of a page of a board's list.
func ListPath(deliveryID, board, list string, page int) string {
	return BoardPath(deliveryID, board) + query("list", list, "page", strconv.Itoa(page))
}

func (p Board) tabs() []ui.Tab {
	var out []ui.Tab
	for _, x := range forum.Lists {
		name := x
		if x == forum.ListAll {
			name = "all"
		}
		out = append(out, ui.Tab{Text: p.l().T("forum.list_" + name), Href: p.path() + query("list", x), Current: p.List == x})
	}
	return out
}

// Package layout is the frame around every page: head, skip link, top bar, main, footer. Shell is the plain
// frame; Reader is that of the module player, with the course's outline and a dock for phones; ErrorPage is what
// people see when something is not there or went wrong.
package layout

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"greenroom/internal/locale"
	"greenroom/web/templates/ui"
)

// Page is what every page has, whatever it shows.
type Page struct {
	Title, Description string
	L                  *locale.Printer
	Theme              string   // "" follows the system; light; dark
	TextSize           string   // "" is 100 %; 115; 130
	Person             *Who     // nil: nobody is signed in
	Guest              bool     // progress is kept for this device, without an account
	Section            string   // current item of the main navigation: courses, me or ""
	Path               string   // path of this page, to come back to after signing in
	Notices            []Notice // what the request before left to say; the first one takes the focus
	Demo               bool     // a site for trying things out
	Robots             string   // "" or noindex
	Banner             string   // what every reader of this page has to know first; "" without
	HasError           bool     // a form has errors: the title says so first
	DevMail            bool     // mail is kept in a mailbox on the site instead of being sent
	Site               string   // name of the site; "" is the product's
	Style              string   // address of the style sheet with the site's own colours; "" without
	Styles             []string // more style sheets that this page needs
	Desk, DeskItem     string   // "teach" or "admin", and the current item of its navigation; "" on all other pages
}

// Who is the person signed in, as the top bar shows them, with the roles that they have somewhere.
type Who struct {
	Name, Initials                    string
	Trainer, Moderator, Author, Admin bool
}

// Item is one entry of a desk's navigation. Its words are the message layout.desk.<Key>.
type Item struct {
	Key, Href, Icon string
	For             func(w *Who) bool // nil: everybody who sees the desk
}

// Desks are the navigations of those who teach and who administer. A feature adds its line here.
var Desks = map[string][]Item{
	"teach": {
		{Key: "cohorts", Href: "/teach", Icon: "users", For: func(w *Who) bool { return w.Trainer }},
		{Key: "discussion", Href: "/teach/discussion", Icon: "messages-square", For: func(w *Who) bool { return w.Trainer || w.Moderator }},
		{Key: "moderation", Href: "/moderate", Icon: "flag", For: func(w *Who) bool { return w.Trainer || w.Moderator }},
		{Key: "scenarios", Href: "/teach/scenarios", Icon: "pen-line", For: func(w *Who) bool { return w.Trainer }},
		{Key: "rooms", Href: "/teach/rooms", Icon: "monitor", For: func(w *Who) bool { return w.Trainer }},
		{Key: "write", Href: "/teach/write", Icon: "pen-line", For: func(w *Who) bool { return w.Trainer || w.Author }},
		{Key: "workshops", Href: "/teach/workshops", Icon: "clipboard-list", For: func(w *Who) bool { return w.Trainer || w.Author }},
		{Key: "courses", Href: "/teach/courses", Icon: "target", For: func(w *Who) bool { return w.Trainer || w.Author }},
	},
	"admin": {
		{Key: "site", Href: "/admin", Icon: "monitor"},
		{Key: "people", Href: "/admin/people", Icon: "users"},
		{Key: "audit", Href: "/admin/audit", Icon: "history"},
		{Key: "why", Href: "/admin/why", Icon: "eye"},
		{Key: "look", Href: "/admin/look", Icon: "sun-moon"},
		{Key: "signon", Href: "/admin/sign-on", Icon: "key-round"},
		{Key: "moderation", Href: "/admin/moderation", Icon: "flag"},
		{Key: "mail", Href: "/admin/mail", Icon: "mail"},
		{Key: "jobs", Href: "/admin/jobs", Icon: "list-checks"},
		{Key: "certificates", Href: "/admin/certificates", Icon: "award"},
		{Key: "records", Href: "/admin/records", Icon: "archive"},
		{Key: "retention", Href: "/admin/retention", Icon: "hourglass"},
	},
}

// CohortTabs are the pages of one cohort for those who lead it; Href is what follows /teach/cohorts/:cohort. The words
// are the message layout.cohort.<Key>. A feature adds its line here.
var CohortTabs = []Item{
	{Key: "overview", Href: "", Icon: "home"},
	{Key: "people", Href: "/people", Icon: "users"},
	{Key: "progress", Href: "/progress", Icon: "table"},
	{Key: "discussion", Href: "/discussion", Icon: "messages-square"},
	{Key: "join", Href: "/join", Icon: "user-plus"},
	{Key: "edit", Href: "/edit", Icon: "pencil"},
}

func (p Page) desk() []Item {
	var out []Item
	for _, i := range Desks[p.Desk] {
		if p.Person != nil && (i.For == nil || i.For(p.Person)) {
			out = append(out, i)
		}
	}
	return out
}

// first is the address of a desk's first item that the person may open; "" where there is none.
func (p Page) first(desk string) string {
	if d := (Page{Desk: desk, Person: p.Person}).desk(); len(d) > 0 {
		return d[0].Href
	}
	return ""
}

func (p Page) teaches() bool {
	return p.Person != nil && (p.Person.Trainer || p.Person.Author || p.Person.Moderator) && p.first("teach") != ""
}

func (p Page) administers() bool { return p.Person != nil && p.Person.Admin && p.first("admin") != "" }

// Notice is a message after a redirect. Kind is ok, info, caution or danger.
type Notice struct{ Kind, Text string }

// Reader is where a step lies in its course. Prev and Next are addresses, "" where there is none.
type Reader struct {
	CourseTitle, CourseHref string
	Outline                 templ.Component
	Prev, Next              string
	Position                string // "4/7"
	PositionText            string // the same in words
}

// Shell is the frame of plain pages; its children are the content of main.
func Shell(p Page) templ.Component { return speaking(p, shell(p)) }

// Bare is the frame of what stands on a screen by itself, such as the stage of a workshop: no navigation, no notices.
func Bare(p Page) templ.Component { return speaking(p, bare(p)) }

// ReaderPage is the frame of the module player; its children are the step. (A component cannot share the name of
// the type Reader.)
func ReaderPage(p Page, r Reader) templ.Component { return speaking(p, reader(p, r)) }

// ErrorPage says what went wrong, what to do now, and by what to find the request in the log. typed are the texts that somebody
// had written in the form that was not taken, to copy them.
func ErrorPage(p Page, status int, title, text string, action ui.Link, requestID string, typed ...string) templ.Component {
	return speaking(p, errorPage(p, status, title, text, action, requestID, typed))
}

// speaking lets the parts of the kit speak the page's language.
func speaking(p Page, c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(ui.WithPrinter(ctx, p.L), w)
	})
}

// name is what the site is called.
func (p Page) name() string {
	if p.Site != "" {
		return p.Site
	}
	return p.L.T("layout.name")
}

// title is what the browser's tab says.
func (p Page) title() string {
	t := p.name()
	if p.Title != "" {
		t = p.Title + " – " + t
	}
	if p.HasError {
		t = p.L.T("layout.error_title") + " " + t
	}
	return t
}

func (p Page) scheme() string {
	if p.Theme == "" {
		return "light dark"
	}
	return p.Theme
}

// back is the address of a page that leads back here: /sign-in?return=/courses.
func (p Page) back(to string) templ.SafeURL {
	if p.Path == "" || p.Path == "/" || strings.HasPrefix(p.Path, "/sign-in") || strings.HasPrefix(p.Path, "/register") {
		return templ.SafeURL(to)
	}
	return templ.SafeURL(to + "?return=" + url.QueryEscape(p.Path))
}

// scripted keeps the words of each language: they are the same on every page.
var scripted sync.Map // *locale.Printer to string

// words are what the script says; it has none of its own.
func (p Page) words() string {
	if said, ok := scripted.Load(p.L); ok {
		return said.(string)
	}
	m := map[string]string{}
	for _, k := range []string{
		"saving", "saved", "not_saved", "stale", "stale_button", "words", "words_few", "words_many", "words_enough", "show", "hide", "copied", "moved", "theme",
		"md_tools", "md_bold", "md_italic", "md_quote", "md_list", "md_link", "md_preview", "md_preview_below",
		"show_new", "show_news", "thread_changed", "thread_count", "reading", "writing", "live_live", "live_again", "live_look", "live_off",
		"room_lost", "room_live", "room_look", "room_unsent", "room_left", "room_over", "room_item",
	} {
		m[k] = p.L.T("layout.script."+k, "N", "{n}", "W", "{w}", "More", "{more}", "Time", "{time}", "Item", "{item}", "Place", "{place}", "Total", "{total}", "Name", "{name}")
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return "{}" // a map of strings can be written
	}
	scripted.Store(p.L, string(raw))
	return string(raw)
}

type theme struct{ value, key, icon string }

var themes = []theme{{"system", "layout.theme.system", "monitor"}, {"light", "layout.theme.light", "sun"}, {"dark", "layout.theme.dark", "moon"}}

func (p Page) pressed(t theme) string {
	if p.Theme == t.value || p.Theme == "" && t.value == "system" {
		return "true"
	}
	return "false"
}

func cohortTabs(p Page, deliveryID, current string) []ui.Tab {
	var out []ui.Tab
	for _, i := range CohortTabs {
		out = append(out, ui.Tab{Text: p.L.T("layout.cohort." + i.Key), Href: "/teach/cohorts/" + deliveryID + i.Href, Icon: i.Icon, Current: i.Key == current})
	}
	return out
}

package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Page returns what every page has: language, theme, who is looking, and the notices left by the request before.
// Reading the notices takes them away.
func Page(c echo.Context, title string) layout.Page {
	s, v, l := shellOf(c), ViewerOf(c), L(c)
	p := layout.Page{
		Title: title, L: l, Guest: v.Guest(), Path: c.Request().URL.Path,
		Theme: s.theme(c, v), Demo: s.opts.Demo, DevMail: s.opts.DevMail,
		Notices: takeNotices(c, l),
	}
	if s.opts.Look != nil {
		p.Site, p.Style = s.opts.Look()
	}
	if v.Person != nil {
		p.TextSize = textSize(v.Person.TextSize)
	}
	if v.SignedIn() {
		p.Person = &layout.Who{
			Name: v.Person.Name, Initials: v.Person.Initials(),
			Trainer: v.Person.CanSome(account.RoleTrainer), Moderator: v.Person.CanSome(account.RoleModerator),
			Author: v.Person.CanSome(account.RoleAuthor), Admin: v.Person.CanSome(account.RoleAdmin),
		}
	}
	return p
}

func textSize(s string) string {
	if s == "115" || s == "130" {
		return s
	}
	return ""
}

// theme is the person's own choice, else the device's, else what the system says.
func (s *Shell) theme(c echo.Context, v Viewer) string {
	t := ""
	if v.SignedIn() {
		t = v.Person.Theme
	}
	if t == "" || t == "system" {
		if k, err := c.Cookie("theme"); err == nil {
			t = k.Value
		}
	}
	if t == "light" || t == "dark" {
		return t
	}
	return ""
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render writes a component as an HTML page. It is rendered in full before the status goes out, so a fault in
// the middle of a page never reaches anybody as half a page.
func Render(c echo.Context, status int, comp templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer func() { b.Reset(); buffers.Put(b) }()
	if err := comp.Render(c.Request().Context(), b); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(b.Len())) // else it is sent in chunks
	return c.HTMLBlob(status, b.Bytes())
}

// SeeOther answers a successful write: 303 to a path of this site. Anything else than an own path goes to "/".
func SeeOther(c echo.Context, path string) error {
	return c.Redirect(http.StatusSeeOther, OwnPath(path, "/"))
}

// Settle ends a write. What is Invalid is shown again, by again, with what was typed. What came too late (a Conflict) is no
// error of the reader's: the page says how things stand, and a notice why. Where all went well a notice says so, if said is a
// message, and both go to the path.
func Settle(c echo.Context, err error, again func(c echo.Context, wrong error) error, said, to string) error {
	switch {
	case fault.Is(err, fault.Invalid):
		return again(c, err)
	case fault.Is(err, fault.Conflict):
		f := fault.From(err)
		args := make([]string, len(f.Args))
		for i, a := range f.Args {
			args[i] = fmt.Sprint(a)
		}
		Notice(c, "caution", f.Key, args...)
	case err != nil:
		return err
	case said != "":
		Notice(c, "ok", said)
	}
	return SeeOther(c, to)
}

// OwnPath returns path when it is one of this site (it begins with one slash and holds nothing that a browser
// reads as a host), else instead.
func OwnPath(path, instead string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t\x00") {
		return instead
	}
	return path
}

// WantsJSON says whether the request came from a script that wants no page (autosave): it is answered 204.
func WantsJSON(c echo.Context) bool {
	return strings.Contains(c.Request().Header.Get(echo.HeaderAccept), "application/json")
}

const noticeCookie = "greenroom_notice"

type notice struct {
	Kind string   `json:"k"`
	Key  string   `json:"m"`
	Args []string `json:"a,omitempty"`
}

// Notice leaves a message for the page after the redirect. Kind is ok, info, caution or danger; key is a
// message key and args are its pairs. It travels in a cookie that holds keys, never text, so nobody can make
// the site say words of theirs.
func Notice(c echo.Context, kind, key string, args ...string) {
	var all []notice
	if prev, ok := c.Get(noticeCookie).([]notice); ok {
		all = prev
	}
	all = append(all, notice{kind, key, args})
	c.Set(noticeCookie, all)
	raw, err := json.Marshal(all)
	if err != nil {
		return
	}
	c.SetCookie(&http.Cookie{
		Name: noticeCookie, Value: base64.RawURLEncoding.EncodeToString(raw), Path: "/", MaxAge: 60,
		HttpOnly: true, Secure: shellOf(c).secure, SameSite: http.SameSiteLaxMode,
	})
}

func takeNotices(c echo.Context, l *locale.Printer) []layout.Notice {
	k, err := c.Cookie(noticeCookie)
	if err != nil {
		return nil
	}
	c.SetCookie(&http.Cookie{Name: noticeCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: shellOf(c).secure, SameSite: http.SameSiteLaxMode})
	raw, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil || len(raw) > 2048 {
		return nil
	}
	var in []notice
	if json.Unmarshal(raw, &in) != nil {
		return nil
	}
	var out []layout.Notice
	for _, n := range in {
		switch n.Kind {
		case "ok", "info", "caution", "danger":
		default:
			continue
		}
		args := make([]any, len(n.Args))
		for i, a := range n.Args {
			args[i] = a
		}
		if text := l.T(n.Key, args...); text != n.Key && len(out) < 4 {
			out = append(out, layout.Notice{Kind: n.Kind, Text: text})
		}
	}
	return out
}

// FieldErrors returns the messages of an Invalid fault: by field name for the fields, and in order for the
// summary, whose links go to the element "f-" + name. Both are empty for any other error.
func FieldErrors(l *locale.Printer, err error) (map[string]string, []ui.FieldError) {
	f := fault.From(err)
	if f == nil || f.Kind != fault.Invalid {
		return nil, nil
	}
	by := make(map[string]string, len(f.Fields))
	var all []ui.FieldError
	for _, x := range f.Fields {
		text := l.T(x.Key, x.Args...)
		if _, there := by[x.Name]; !there {
			by[x.Name] = text
		}
		all = append(all, ui.FieldError{ID: "f-" + x.Name, Text: text})
	}
	if len(all) == 0 {
		all = append(all, ui.FieldError{ID: "main", Text: l.T(f.Key, f.Args...)})
	}
	return by, all
}

// Refusal is FieldErrors for forms that are shown again, with what was typed, also when somebody else was faster (Conflict) or
// it came too soon (Limited): the summary then says so and leads to the page. Status is that of the answer, 200 without an
// error; ok is false for errors that are not the form's.
func Refusal(l *locale.Printer, err error) (by map[string]string, all []ui.FieldError, status int, ok bool) {
	f := fault.From(err)
	switch {
	case err == nil:
		return nil, nil, http.StatusOK, true
	case f == nil:
		return nil, nil, 0, false
	case f.Kind == fault.Invalid:
		by, all = FieldErrors(l, err)
	case f.Kind == fault.Conflict, f.Kind == fault.Limited:
		all = []ui.FieldError{{ID: "main", Text: l.T(f.Key, f.Args...)}}
	default:
		return nil, nil, 0, false
	}
	return by, all, Status(f.Kind), true
}

// DeskPage is Page for those who teach or administer: the page gets the desk's own navigation. Desk is "teach" or
// "admin", item is the current entry of layout.Desks.
func DeskPage(c echo.Context, title, desk, item string) layout.Page {
	p := Page(c, title)
	p.Section, p.Desk, p.DeskItem, p.Robots = desk, desk, item, "noindex"
	return p
}

package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

var statuses = map[fault.Kind]int{
	fault.NotFound:        http.StatusNotFound,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Conflict:        http.StatusConflict,
	fault.Forbidden:       http.StatusForbidden,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Limited:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// Status is the HTTP status of a kind of fault, for pages that explain one themselves.
func Status(k fault.Kind) int { return statuses[k] }

// clientGone is the status in the log when the visitor left before the answer was there.
const clientGone = 499

// wrong is an error as it is told to people.
type wrong struct {
	status int
	key    string
	args   []any
}

// explain chooses status and words for an error. Only faults carry words of their own.
func explain(err error) wrong {
	if f := fault.From(err); f != nil {
		return wrong{statuses[f.Kind], f.Key, f.Args}
	}
	var h *echo.HTTPError
	if errors.As(err, &h) {
		switch h.Code {
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			return wrong{h.Code, "error.not_found", nil}
		case http.StatusRequestEntityTooLarge:
			return wrong{h.Code, "error.too_large", nil}
		case http.StatusTooManyRequests:
			return wrong{h.Code, "error.limited", nil}
		case http.StatusForbidden:
			return wrong{h.Code, "error.forbidden", nil}
		case http.StatusServiceUnavailable:
			return wrong{h.Code, "error.busy", nil}
		}
		if h.Code >= 400 && h.Code < 500 {
			return wrong{h.Code, "error.bad_request", nil}
		}
	}
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return wrong{http.StatusRequestEntityTooLarge, "error.too_large", nil}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return wrong{http.StatusServiceUnavailable, "error.unavailable", nil}
	}
	return wrong{http.StatusInternalServerError, "error.internal", nil}
}

// Fail answers an error. It is Echo's error handler: nothing else makes error responses.
func (s *Shell) Fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		_ = c.NoContent(clientGone) // nobody reads the answer; it is no fault of ours
		return
	}
	c.Set(errorKey, err)
	if c.Get(shellKey) == nil {
		c.Set(shellKey, s)
	}
	w := explain(err)
	if w.status >= 500 {
		s.opts.Log.ErrorContext(c.Request().Context(), "request failed",
			"request_id", requestID(c), "route", c.Path(), "method", c.Request().Method, "error", err.Error())
	}
	if w.status == http.StatusTooManyRequests || w.status == http.StatusServiceUnavailable {
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(retryAfter(w.status)))
	}
	if err := s.answer(c, w); err != nil {
		s.opts.Log.ErrorContext(c.Request().Context(), "error page failed", "request_id", requestID(c), "error", err.Error())
		_ = c.NoContent(w.status)
	}
}

func retryAfter(status int) int {
	if status == http.StatusTooManyRequests {
		return 60
	}
	return 5
}

func (s *Shell) answer(c echo.Context, w wrong) error {
	l := L(c)
	text := l.T(w.key, w.args...)
	r := c.Request()
	switch {
	case r.Method == http.MethodHead:
		return c.NoContent(w.status)
	case WantsJSON(c):
		return c.JSON(w.status, map[string]string{"error": text, "request_id": requestID(c)})
	case w.status == http.StatusUnauthorized && r.Method == http.MethodGet:
		return SeeOther(c, "/sign-in?return="+url.QueryEscape(r.URL.RequestURI()))
	}
	p := Page(c, l.T("error.title."+strconv.Itoa(titled(w.status))))
	p.Robots = "noindex"
	action := ui.Link{Text: l.T("error.action.home"), Href: "/"}
	switch {
	case w.status == http.StatusUnauthorized:
		action = ui.Link{Text: l.T("error.action.sign_in"), Href: "/sign-in" + cameFrom(r)}
	case w.status == http.StatusNotFound:
		action = ui.Link{Text: l.T("error.action.courses"), Href: "/courses"}
	}
	return Render(c, w.status, layout.ErrorPage(p, w.status, p.Title, text, action, requestID(c), written(r)...))
}

// cameFrom asks to be led back to the page whose form was sent, where the browser says which it was.
func cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || u.Path == "" {
		return ""
	}
	return "?return=" + url.QueryEscape(u.RequestURI())
}

// The least that a text has that somebody would miss, and how many of them are shown.
const leastWritten, mostWritten = 20, 5

// written are the texts in a form that was not taken: a form that comes to nothing must not take them along. What has no
// spaces is no text, and passwords are not shown.
func written(r *http.Request) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		if strings.Contains(name, "password") {
			continue
		}
		for _, v := range r.PostForm[name] {
			v = strings.TrimSpace(v)
			if len(all) < mostWritten && utf8.RuneCountInString(v) >= leastWritten && strings.ContainsAny(v, " \n") {
				all = append(all, v)
			}
		}
	}
	return all
}

// titled maps a status to one that has a title among the messages.
func titled(status int) int {
	switch status {
	case 401, 403, 404, 409, 413, 422, 429, 503:
		return status
	case 405:
		return 404
	}
	if status < 500 {
		return 400
	}
	return 500
}

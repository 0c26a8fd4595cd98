package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"greenroom/internal/id"
)

// Limits of every request. They are stated in docs/operating.md.
const (
	inWork       = 256              // requests in work on a node; more wait
	waitAtMost   = time.Second      // for a place among them, then 503
	pageDeadline = 10 * time.Second // for a handler's database work
	bodyLimit    = 512 << 10        // bytes of a form
	fieldsLimit  = 1000             // fields of a form
	passedOver   = 32 << 20         // bytes of files that are too large, read so that the answer arrives
)

const (
	errorKey     = "greenroom.error"
	oversizedKey = "greenroom.oversized"
)

// Mount puts the shell's middleware on e and returns the group that pages are registered on. What is registered
// on e itself (assets, health) has neither session nor page.
func (s *Shell) Mount(e *echo.Echo) *echo.Group {
	e.HTTPErrorHandler = s.Fail
	e.IPExtractor = s.address()
	e.Use(middleware.RequestIDWithConfig(middleware.RequestIDConfig{
		Generator: id.New,
		// A request id from outside could forge another's log lines, so it is always made here.
		Skipper: func(c echo.Context) bool { c.Request().Header.Del(echo.HeaderXRequestID); return false },
	}))
	e.Use(s.log(), s.headers, middleware.RecoverWithConfig(middleware.RecoverConfig{
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			s.opts.Log.Error("panic", "request_id", requestID(c), "route", c.Path(), "error", err.Error(), "stack", string(stack))
			return err
		},
	}))
	pages := e.Group("", s.admit, s.sameOrigin, s.sized, s.deadline,
		echo.WrapMiddleware(s.sessions.Middleware), s.inside)
	return pages
}

func (s *Shell) address() echo.IPExtractor {
	if len(s.opts.Proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range s.opts.Proxies {
		_, n, err := parseCIDR(p)
		if err == nil {
			trust = append(trust, echo.TrustIPRange(n))
		}
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// log writes one line a request: route patterns, never query strings, bodies, names or addresses of people.
func (s *Shell) log() echo.MiddlewareFunc {
	return middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
		LogStatus: true, LogMethod: true, LogLatency: true, LogRoutePath: true, LogRequestID: true, LogResponseSize: true,
		HandleError: true,
		Skipper:     func(c echo.Context) bool { return !s.opts.Log.Enabled(c.Request().Context(), slog.LevelInfo) },
		LogValuesFunc: func(c echo.Context, v middleware.RequestLoggerValues) error {
			if c.Response().Status == http.StatusSwitchingProtocols { // a socket's answer goes past the response that the logger holds
				v.Status = http.StatusSwitchingProtocols
			}
			attrs := []slog.Attr{
				slog.String("request_id", v.RequestID), slog.String("method", v.Method), slog.String("route", v.RoutePath),
				slog.Int("status", v.Status), slog.Duration("took", v.Latency), slog.Int64("bytes", v.ResponseSize),
			}
			if who := ViewerOf(c).ID(); who != "" {
				attrs = append(attrs, slog.String("person", who))
			}
			s.opts.Log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", attrs...)
			return nil
		},
	})
}

// admit lets a bounded number of requests work; the rest wait a moment and are then refused early, so that what
// was accepted is finished.
func (s *Shell) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		select {
		case s.busy <- struct{}{}:
		default:
			t := time.NewTimer(waitAtMost)
			defer t.Stop()
			select {
			case s.busy <- struct{}{}:
			case <-t.C:
				return echo.NewHTTPError(http.StatusServiceUnavailable)
			case <-c.Request().Context().Done():
				return c.Request().Context().Err()
			}
		}
		defer func() { <-s.busy }()
		return next(c)
	}
}

// sized refuses a body that says it is larger than its route takes, before anything is read; readForm holds the rest to it.
func (s *Shell) sized(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().ContentLength > s.bodyOf(c) && !s.passes(c) {
			return echo.ErrStatusRequestEntityTooLarge
		}
		return next(c)
	}
}

// bodyOf is how many bytes the route takes.
func (s *Shell) bodyOf(c echo.Context) int64 {
	if n := s.bodies[c.Request().Method+" "+c.Path()]; n > 0 {
		return n
	}
	return bodyLimit
}

// passes says whether the form is too large and its fields are wanted all the same.
func (s *Shell) passes(c echo.Context) bool {
	r := c.Request()
	return r.ContentLength > s.bodyOf(c) && r.ContentLength <= passedOver && s.fields[r.Method+" "+c.Path()] &&
		strings.HasPrefix(r.Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm)
}

// Oversized says whether the form's files were too large for the route: they were passed over, its fields are there.
func Oversized(c echo.Context) bool { over, _ := c.Get(oversizedKey).(bool); return over }

// passOver reads the fields of a form whose files are too large.
func (s *Shell) passOver(c echo.Context) error {
	c.Set(oversizedKey, true)
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, passedOver)
	parts, err := r.MultipartReader()
	if err != nil {
		return err
	}
	form, left := url.Values{}, int64(bodyLimit)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if part.FileName() != "" {
			if _, err := io.Copy(io.Discard, part); err != nil {
				return err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return err
		}
		if left -= int64(len(value)); left < 0 {
			return echo.ErrStatusRequestEntityTooLarge
		}
		form.Add(part.FormName(), string(value))
	}
	r.PostForm, r.MultipartForm = form, &multipart.Form{Value: form}
	r.Form = maps.Clone(form)
	for k, v := range r.URL.Query() {
		r.Form[k] = append(r.Form[k], v...)
	}
	return nil
}

func (s *Shell) deadline(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), pageDeadline)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// inside is the innermost: it names the shell for the helpers of this package, parses forms once with their
// limits, and answers errors while the session can still write its cookie.
func (s *Shell) inside(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(shellKey, s)
		err := s.readForm(c)
		if err == nil {
			err = next(c)
		}
		if err != nil {
			s.Fail(err, c)
		}
		return nil
	}
}

func (s *Shell) readForm(c echo.Context) error {
	r := c.Request()
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		if !validText(r.URL.Query()) {
			return echo.NewHTTPError(http.StatusBadRequest)
		}
		return nil
	}
	if s.passes(c) {
		if err := s.passOver(c); errors.Is(err, echo.ErrStatusRequestEntityTooLarge) {
			return err
		} else if err != nil {
			return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
		}
	} else {
		r.Body = http.MaxBytesReader(c.Response(), r.Body, s.bodyOf(c))
	}
	form, err := c.FormParams() // urlencoded or multipart (fetch with FormData)
	if err != nil {
		return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	n := 0
	for _, v := range form {
		n += len(v)
	}
	if n > fieldsLimit || !validText(form) {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	return nil
}

func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

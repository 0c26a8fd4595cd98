package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
)

// Viewer is who is looking: a signed-in person, a guest whose progress is kept on this device, or nobody yet.
type Viewer struct {
	Person *account.Person // nil: nobody yet
	signed bool
}

// ID is the person's id, or "" for nobody.
func (v Viewer) ID() string {
	if v.Person == nil {
		return ""
	}
	return v.Person.ID
}

// SignedIn says whether this is a person with an account.
func (v Viewer) SignedIn() bool { return v.Person != nil && v.signed }

// Guest says whether this is somebody without account whose progress is kept on the device.
func (v Viewer) Guest() bool { return v.Person != nil && !v.signed }

const viewerKey = "greenroom.viewer"

// ViewerOf returns who is looking at the request.
func ViewerOf(c echo.Context) Viewer {
	if v, ok := c.Get(viewerKey).(Viewer); ok {
		return v
	}
	p, signed := account.ViewerFrom(c.Request().Context())
	return Viewer{Person: p, signed: signed}
}

// Learner returns the person whose record this request writes to: the one who is signed in, or the guest of
// this device. Where there is nobody yet it makes a guest and sets the device's cookie, so only POST handlers
// may call it.
func Learner(c echo.Context) (*account.Person, error) {
	if v := ViewerOf(c); v.Person != nil {
		return v.Person, nil
	}
	if m := c.Request().Method; m == http.MethodGet || m == http.MethodHead {
		return nil, fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	if err := shellOf(c).limits.take(c, "guest"); err != nil {
		return nil, err
	}
	p, err := shellOf(c).sessions.StartGuest(c.Response(), c.Request())
	if err != nil {
		return nil, err
	}
	c.Set(viewerKey, Viewer{Person: p})
	return p, nil
}

// L returns the printer of the reader's language.
func L(c echo.Context) *locale.Printer {
	s := shellOf(c)
	if s.opts.Demo { // the mirrored layout is for looking at, on demo sites only
		if k, err := c.Cookie("lang"); err == nil && k.Value == locale.Mirror {
			return s.bundle.Printer(locale.Mirror)
		}
	}
	if v := ViewerOf(c); v.Person != nil && v.Person.Lang != "" {
		return s.bundle.Printer(v.Person.Lang)
	}
	return s.bundle.Printer(locale.Default)
}

// Local is the instant in the reader's own time zone, for L(c).Date and L(c).DateTime.
func Local(c echo.Context, t time.Time) time.Time {
	return t.In(shellOf(c).accounts.Location(ViewerOf(c).Person))
}

// Zone is the reader's own time zone, nil while nobody is signed in: then nothing is known about their clock.
func Zone(c echo.Context) *time.Location {
	v := ViewerOf(c)
	if !v.SignedIn() {
		return nil
	}
	return shellOf(c).accounts.Location(v.Person)
}

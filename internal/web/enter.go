package web

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
)

// Enter signs somebody in, however they proved who they are, and goes on to the own path to; by way of the question
// whose the device's work is, when there is any.
func Enter(c echo.Context, p *account.Person, to string) error {
	s := shellOf(c)
	if err := s.sessions.SignIn(c.Request().Context(), p.ID); err != nil {
		return err
	}
	switch w, err := s.accounts.Waiting(c.Request().Context(), s.sessions.DeviceToken(c.Request())); {
	case err == nil && w.Steps > 0:
		return SeeOther(c, "/claim?return="+url.QueryEscape(OwnPath(to, "/")))
	case err != nil && !fault.Is(err, fault.NotFound):
		return err
	}
	return SeeOther(c, to)
}

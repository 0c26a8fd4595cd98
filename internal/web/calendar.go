package web

import (
	"net/http"

	ics "github.com/arran4/golang-ical"
	"github.com/labstack/echo/v4"

	"greenroom/internal/agenda"
)

// Calendar answers with a calendar, which no search engine is to list. disposition is the header of that name.
func Calendar(c echo.Context, disposition string, cal *ics.Calendar) error {
	h := c.Response().Header()
	h.Set("X-Robots-Tag", "noindex")
	h.Set(echo.HeaderContentDisposition, disposition)
	return c.Blob(http.StatusOK, agenda.Type, []byte(agenda.Text(cal)))
}

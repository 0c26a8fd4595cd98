package web

import (
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/sheet"
)

// Number reads a whole number of a form; 0 when there is none.
func Number(form url.Values, name string) int64 {
	n, err := strconv.ParseInt(form.Get(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// DraftForm is what a page that saves by itself says of itself: the fields version, page and n.
func DraftForm(c echo.Context) draft.Form {
	page := c.FormValue("page") // which reads the form
	form := c.Request().Form
	return draft.Form{Version: Number(form, "version"), Page: page, N: Number(form, "n")}
}

// OneLine makes the first message of a form the message of the answer, for a script that shows one line.
func OneLine(err error) error {
	if f := fault.From(err); f != nil && len(f.Fields) > 0 {
		return fault.New(f.Kind, f.Fields[0].Key, f.Fields[0].Args...).Because(err)
	}
	return err
}

// CSV begins the answer of a table to keep as a file of that name. Ask for what can fail before.
func CSV(c echo.Context, name string) *sheet.Writer {
	hd := c.Response().Header()
	hd.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	hd.Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return sheet.NewWriter(c.Response())
}

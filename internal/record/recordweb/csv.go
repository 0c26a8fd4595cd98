package recordweb

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/sheet"
	"greenroom/internal/web"
	"greenroom/web/templates/me"
)

// getCSV sends the transcript as a table: a row for each step, RFC 4180, UTF-8 with a mark so that spreadsheets
// read it as such.
func (h *Handlers) getCSV(c echo.Context) error {
	l := web.L(c)
	if web.ViewerOf(c).Person == nil {
		return fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	items, _, err := h.items(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := sheet.NewWriter(&b)
	rows := [][]string{{
		l.T("me.csv_course"), l.T("me.csv_status"), l.T("me.csv_module"), l.T("me.col_step"), l.T("me.col_kind"),
		l.T("me.col_minutes"), l.T("me.csv_done_at"),
	}}
	for _, it := range items {
		for _, s := range it.Steps {
			rows = append(rows, []string{
				it.Course.Title, l.T("me.status." + status(it)), s.Activity.Module.Title, s.Activity.Title,
				l.T("kind." + s.Activity.Kind), strconv.Itoa(s.Activity.Minutes), stamp(s.DoneAt),
			})
		}
	}
	for _, r := range rows {
		if err := w.Row(r...); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	hd := c.Response().Header()
	hd.Set(echo.HeaderContentDisposition, `attachment; filename="greenroom-transcript.csv"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

func status(it me.Item) string {
	if it.View.Complete {
		return "completed"
	}
	return it.Enrolment.Status
}

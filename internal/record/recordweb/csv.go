package recordweb

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
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
	items, err := h.items(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	rows := [][]string{{
		l.T("me.csv_course"), l.T("me.csv_status"), l.T("me.csv_module"), l.T("me.col_step"), l.T("me.col_kind"),
		l.T("me.col_minutes"), l.T("me.csv_done_at"),
	}}
	for _, it := range items {
		for _, s := range it.Steps {
			rows = append(rows, []string{
				cell(it.Course.Title), l.T("me.status." + status(it)), cell(s.Activity.Module.Title), cell(s.Activity.Title),
				l.T("kind." + s.Activity.Kind), strconv.Itoa(s.Activity.Minutes), stamp(s.DoneAt),
			})
		}
	}
	if err := w.WriteAll(rows); err != nil {
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

// cell keeps a text from being read as a formula: what begins like one, in ASCII or full width, gets an apostrophe.
func cell(s string) string {
	if s == "" {
		return s
	}
	for _, p := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, p) {
			return "'" + s
		}
	}
	return s
}

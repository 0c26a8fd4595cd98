package recordweb

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/sheet"
	"greenroom/internal/web"
)

// getCSV sends the transcript as a table: a row for each step, RFC 4180, UTF-8 with a mark so that spreadsheets
// read it as such. It says what the JSON says; columns are only ever added at the end.
func (h *Handlers) getCSV(c echo.Context) error {
	v := web.ViewerOf(c)
	if v.Person == nil {
		return fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	doc, err := h.transcripts.Make(c.Request().Context(), v.Person)
	if err != nil {
		return err
	}
	return table(web.CSV(c, "greenroom-transcript.csv"), web.L(c), doc)
}

func table(w *sheet.Writer, l *locale.Printer, doc *Document) error {
	valid := map[string]string{}
	for _, k := range doc.Certificates {
		if k.Valid && valid[k.Course] == "" {
			valid[k.Course] = k.Code
		}
	}
	err := w.Row(l.T("me.csv_course"), l.T("me.csv_status"), l.T("me.csv_module"), l.T("me.col_step"), l.T("me.col_kind"),
		l.T("me.col_minutes"), l.T("me.csv_done_at"), l.T("me.csv_by"), l.T("me.csv_score"), l.T("me.csv_of"), l.T("me.csv_passed"),
		l.T("me.csv_attempts"), l.T("me.csv_completed_at"), l.T("me.csv_certificate"), l.T("me.csv_feedback"))
	if err != nil {
		return err
	}
	for _, t := range doc.Courses {
		for _, s := range t.Done {
			by, score, of, passed, attempts, feedback := "", "", "", "", "", ""
			if s.By != "" {
				by = l.T("me.decided." + s.By)
			}
			if s.Score != nil {
				score, of, attempts = strconv.Itoa(s.Score.Points), strconv.Itoa(s.Score.Of), strconv.Itoa(s.Score.Attempts)
				if passed = l.T("me.csv_no"); s.Score.Passed {
					passed = l.T("me.csv_yes")
				}
			}
			if s.Marks != nil {
				if feedback = s.Marks.Feedback; !s.Marks.Excused {
					score, of = strconv.Itoa(s.Marks.Total), strconv.Itoa(s.Marks.Of)
				}
			}
			err := w.Row(t.Title, l.T("me.status."+t.Status), s.Module, s.Title, l.T("kind."+s.Kind), strconv.Itoa(s.Minutes), stamp(s.DoneAt),
				by, score, of, passed, attempts, stamp(t.CompletedAt), valid[t.Key], feedback)
			if err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// stamp writes an instant for spreadsheets: a form that all of them read as a date.
func stamp(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

package worksheetweb

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/play"
	"greenroom/internal/web"
	"greenroom/internal/worksheet"
)

// formOf reads what a page sends: "a.<field>" for an answer, "a.<field>.<row>.<column>" for a cell, "rows.<field>"
// for the number of rows that the page shows, "check.<place>" for a tick. Names that the worksheet does not have are ignored. Answers come
// tidied, so that they can be compared and shown again.
func formOf(c echo.Context, content *worksheet.Content) worksheet.Form {
	form := c.Request().Form
	f := worksheet.Form{
		Form:    web.DraftForm(c),
		Answers: worksheet.Answers{}, Named: form.Get("named") != "",
	}
	for _, field := range content.Fields() {
		name := "a." + field.Key
		switch {
		case field.Type == worksheet.Table && form.Has("rows."+field.Key):
			f.Answers[field.Key] = worksheet.Answer{Rows: cells(form, name, len(field.Columns))}
		case field.Type != worksheet.Table && form.Has(name):
			f.Answers[field.Key] = worksheet.Answer{Text: form.Get(name)}
		}
	}
	f.Answers = content.Tidy(f.Answers)
	for i := range content.SelfCheck {
		if form.Has("check." + strconv.Itoa(i)) {
			f.Checks = append(f.Checks, i)
		}
	}
	return f
}

// cells reads a table. It looks a little beyond the last row that a table takes, so that the service can say that
// there are too many.
func cells(form url.Values, name string, columns int) [][]string {
	rows := make([][]string, worksheet.MaxRows+1)
	for i := range rows {
		rows[i] = make([]string, columns)
		for j := range rows[i] {
			rows[i][j] = form.Get(name + "." + strconv.Itoa(i) + "." + strconv.Itoa(j))
		}
	}
	return rows
}

// shown is how many rows each table of the page shows.
func shown(c echo.Context, content *worksheet.Content) map[string]int {
	rows := map[string]int{}
	for _, f := range content.Fields() {
		if f.Type == worksheet.Table {
			rows[f.Key] = min(int(web.Number(c.Request().Form, "rows."+f.Key)), worksheet.MaxRows)
		}
	}
	return rows
}

// withRow is the step's address with one row more in the table whose button was pressed, and the same number as
// now in the others.
func withRow(c echo.Context, s play.Step, content *worksheet.Content) string {
	rows, pressed := shown(c, content), content.Field(c.FormValue("add"))
	var parts []string
	for _, f := range content.Fields() {
		if f.Type != worksheet.Table {
			continue
		}
		n := rows[f.Key]
		if f == pressed {
			n = min(n+1, worksheet.MaxRows)
		}
		parts = append(parts, f.Key+"."+strconv.Itoa(n))
	}
	to := s.Path() + "?rows=" + strings.Join(parts, ",")
	if pressed != nil {
		to += "#f-" + pressed.Key
	}
	return to
}

// wanted reads what withRow wrote.
func wanted(query string) map[string]int {
	rows := map[string]int{}
	for part := range strings.SplitSeq(query, ",") {
		key, n, _ := strings.Cut(part, ".")
		if i, err := strconv.Atoi(n); err == nil {
			rows[key] = i
		}
	}
	return rows
}

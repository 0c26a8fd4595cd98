package roster

import (
	"encoding/csv"
	"errors"
	"strings"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/sheet"
)

// Limits of a file. They are stated in docs/trainers.md.
const (
	MaxFile  = 4 << 20 // bytes
	MaxRows  = 10_000
	maxField = 500 // characters of a cell that we read
)

// columns are the names of columns that we read, squeezed: OneRoster's (users.csv of versions 1.1 and 1.2), and those
// that people give. Of several for one meaning the first that a row fills counts.
var columns = map[string][]string{
	"email":   {"email", "emailaddress", "mail", "mailaddress", "useremail"},
	"login":   {"username", "login", "upn", "userprincipalname", "usersourcedid", "sourcedid"}, // read when it is an address
	"given":   {"preferredgivenname", "givenname", "firstname", "forename", "preferredfirstname"},
	"family":  {"preferredfamilyname", "familyname", "lastname", "surname", "preferredlastname"},
	"name":    {"name", "fullname", "displayname"},
	"role":    {"role", "roles"},
	"status":  {"status"},
	"enabled": {"enableduser", "enabled"},
}

// learners are the roles that an import takes in; "" is one too.
var learners = map[string]bool{"": true, "student": true, "learner": true, "participant": true, "member": true}

func squeeze(header string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(header))
}

// Line is one row of a file: somebody to bring in, or what is wrong with it.
type Line struct {
	Line        int
	Email, Name string
	Outcome     string // "" while nothing is wrong, else Left or Failed
	Why         Why
}

// head is where a file has what.
type head map[string][]int

func (h head) of(cells []string, what string) string {
	for _, i := range h[what] {
		if i < len(cells) && cells[i] != "" {
			return cells[i]
		}
	}
	return ""
}

func readHead(cells []string) head {
	at, h := map[string]int{}, head{}
	for i, c := range cells {
		if k := squeeze(c); k != "" {
			if _, twice := at[k]; !twice {
				at[k] = i
			}
		}
	}
	for what, names := range columns {
		for _, n := range names {
			if i, there := at[n]; there {
				h[what] = append(h[what], i)
			}
		}
	}
	return h
}

// ReadFile reads a file of people. Its faults are about the whole file, on the field "file"; those of rows stand in them.
func ReadFile(data []byte) (lines []Line, encoding string, err error) {
	var f fault.Fields
	if len(data) > MaxFile {
		f.Add("file", "roster.file_large", "Max", MaxFile>>20)
		return nil, "", f.Err()
	}
	text, encoding, err := sheet.Decode(data)
	switch {
	case errors.Is(err, sheet.ErrWorkbook):
		f.Add("file", "roster.file_workbook")
	case err != nil:
		f.Add("file", "roster.file_binary")
	case strings.TrimSpace(text) == "":
		f.Add("file", "roster.file_empty")
	}
	if err := f.Err(); err != nil {
		return nil, "", err
	}
	var h head
	seen := map[string]int{}
	err = sheet.Rows(text, func(r sheet.Row) bool {
		if h == nil {
			h = readHead(r.Cells)
			return len(h["email"])+len(h["login"]) > 0
		}
		if len(lines) == MaxRows {
			f.Add("file", "roster.file_long", "Max", MaxRows)
			return false
		}
		lines = append(lines, h.line(r, seen))
		return true
	})
	switch {
	case err != nil:
		return nil, "", err
	case len(h["email"])+len(h["login"]) == 0:
		f.Add("file", "roster.file_columns")
	case len(lines) == 0:
		f.Add("file", "roster.file_no_rows")
	}
	return lines, encoding, f.Err()
}

// line reads one row. seen are the addresses so far, with their lines.
func (h head) line(r sheet.Row, seen map[string]int) Line {
	l := Line{Line: r.Line}
	if r.Err != nil {
		key := "roster.row_quotes"
		if errors.Is(r.Err, csv.ErrFieldCount) {
			key = "roster.row_unreadable"
		}
		return l.with(Failed, key)
	}
	for _, c := range r.Cells {
		if len(c) > 4*maxField || len([]rune(c)) > maxField {
			return l.with(Failed, "roster.row_long", "Max", maxField)
		}
	}
	l.Email = h.of(r.Cells, "email")
	if login := h.of(r.Cells, "login"); l.Email == "" && account.ValidEmail(login) {
		l.Email = login
	}
	name := h.of(r.Cells, "given") + " " + h.of(r.Cells, "family")
	if strings.TrimSpace(name) == "" {
		name = h.of(r.Cells, "name")
	}
	var ok bool
	if l.Name, ok = account.CleanName(name); !ok {
		l.Name = ""
		return l.with(Failed, "roster.row_name")
	}
	role := strings.ToLower(h.of(r.Cells, "role"))
	switch first := seen[account.Fold(l.Email)]; {
	case l.Email == "":
		return l.with(Failed, "roster.row_no_email")
	case !account.ValidEmail(l.Email):
		return l.with(Failed, "roster.row_email")
	case strings.EqualFold(h.of(r.Cells, "status"), "tobedeleted"), strings.EqualFold(h.of(r.Cells, "status"), "inactive"):
		return l.with(Left, "roster.row_deleted")
	case strings.EqualFold(h.of(r.Cells, "enabled"), "false"):
		return l.with(Left, "roster.row_disabled")
	case !learners[role]:
		return l.with(Left, "roster.row_role", "Role", role)
	case first > 0:
		return l.with(Left, "roster.row_twice", "Line", first)
	}
	seen[account.Fold(l.Email)] = r.Line
	return l
}

func (l Line) with(outcome, key string, args ...any) Line {
	l.Outcome, l.Why = outcome, because(key, args...)
	return l
}

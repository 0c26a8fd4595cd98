package roster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/roster"
)

func TestReadFile(t *testing.T) {
	t.Parallel()
	wide := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("E-mail\tName\r\nzoe@a.example\tZoë\r\n")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, c := range map[string]struct{ in, want string }{
		"plain":                   {"email,name\na@a.example,Ada  L\n", "2 a@a.example|Ada L||"},
		"OneRoster 1.1":           {"sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n7,active,2026-11-01T00:00:00Z,true,1,student,ada,,Ada,Lovelace,,,a@a.example,,,,,\n8,tobedeleted,,true,1,student,bo,,Bo,Li,,,b@a.example,,,,,\n9,,,false,1,student,cy,,Cy,Li,,,c@a.example,,,,,\n10,,,true,1,teacher,di,,Di,Li,,,d@a.example,,,,,\n", "2 a@a.example|Ada Lovelace||;3 b@a.example|Bo Li|left|roster.row_deleted;4 c@a.example|Cy Li|left|roster.row_disabled;5 d@a.example|Di Li|left|roster.row_role"},
		"OneRoster 1.2":           {"sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns\n7,,,true,a@a.example,,Augusta,Lovelace,,,,,,,,,,,Ada,,,,\n", "2 a@a.example|Ada Lovelace||"},
		"enrollments.csv":         {"sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n1,,,c,s,a@a.example,student,,,\n2,,,c,s,1234,student,,,\n", "2 a@a.example|||;3 ||error|roster.row_no_email"},
		"mark, semicolons, CRLF":  {"\ufeffE-mail;First name;Last name\r\na@a.example;Ada;\"L;ovelace\"\r\n", "2 a@a.example|Ada L;ovelace||"},
		"UTF-16 with tabs":        {string(wide), "2 zoe@a.example|Zoë||"},
		"Windows-1252":            {"email,name\nz@a.example,Zo\xeb\n", "2 z@a.example|Zoë||"},
		"twice, however written":  {"email\na@a.example\nA@A.example\n", "2 a@a.example|||;3 A@A.example||left|roster.row_twice"},
		"no address":              {"email,name\n,Ada\nada,Ada\n", "2 |Ada|error|roster.row_no_email;3 ada|Ada|error|roster.row_email"},
		"a formula is a name":     {"email,name\na@a.example,=cmd()\n", "2 a@a.example|=cmd()||"},
		"hidden signs":            {"email,name\na@a.example,Ada\u202eLi\n", "2 a@a.example||error|roster.row_name"},
		"wrong quotes":            {"email,name\na@a.example,x\"y\nb@a.example,Bo\n", "2 ||error|roster.row_quotes;3 b@a.example|Bo||"},
		"a field of 1 MB":         {"email,name\na@a.example," + strings.Repeat("x", 1<<20) + "\nb@a.example,Bo\n", "2 ||error|roster.row_long;3 b@a.example|Bo||"},
		"short and long rows":     {"email,name\na@a.example\nb@a.example,Bo,more,more\n", "2 a@a.example|||;3 b@a.example|Bo||"},
		"columns twice":           {"email,email,name\n,a@a.example,x\n", "2 |x|error|roster.row_no_email"},
		"several for one meaning": {"mail,email\nm@a.example,\nm@a.example,e@a.example\n", "2 m@a.example|||;3 e@a.example|||"},
	} {
		lines, _, err := roster.ReadFile([]byte(c.in))
		var got []string
		for _, l := range lines {
			got = append(got, fmt.Sprintf("%d %s|%s|%s|%s", l.Line, l.Email, l.Name, l.Outcome, l.Why.Key))
		}
		if err != nil || strings.Join(got, ";") != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, strings.Join(got, ";"), c.want)
		}
	}
	for name, c := range map[string]struct{ in, key string }{
		"workbook": {"PK\x03\x04", "roster.file_workbook"}, "binary": {"a\x00b", "roster.file_binary"}, "empty": {" \n", "roster.file_empty"},
		"no columns": {"first,second\n1,2\n", "roster.file_columns"}, "no rows": {"email\n", "roster.file_no_rows"},
		"large": {strings.Repeat("x", roster.MaxFile+1), "roster.file_large"},
		"long":  {"email\n" + strings.Repeat("a@a.example\n", roster.MaxRows+1), "roster.file_long"},
	} {
		_, _, err := roster.ReadFile([]byte(c.in))
		if f := fault.From(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func (w *world) prepare(d *delivery.Delivery, text string) *roster.Import {
	w.t.Helper()
	im, err := w.Prepare(w.ctx, w.boss, d.ID, "", `C:\lists\people.csv`, []byte(text))
	ok(w.t, err)
	return im
}

func (w *world) tally(im *roster.Import) string {
	w.t.Helper()
	_, tally, err := w.Rows(w.ctx, im, "", 1)
	ok(w.t, err)
	return strings.TrimPrefix(fmt.Sprint(map[string]int(tally)), "map")
}

func (w *world) apply(d *delivery.Delivery, im *roster.Import) *roster.Import {
	w.t.Helper()
	ok(w.t, w.Apply(w.ctx, w.boss, d.ID, im.ID, true))
	ok(w.t, w.Drain(w.ctx))
	im, err := w.Import(w.ctx, w.boss, d.ID, im.ID)
	ok(w.t, err)
	return im
}

func TestImportIsForeseenThenHappens(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("next", func(t *delivery.Terms) { t.Capacity = 2 })
		ada, bo, cy, dee, closed := w.person("Ada"), w.person("Bo"), w.person("Cy"), w.person("Dee"), w.person("Closed")
		for _, p := range []string{ada.ID, bo.ID, cy.ID} {
			ok(t, w.LetIn(w.ctx, w.boss, c.ID, &account.Person{ID: p}, "knows it"))
		}
		w.add(c, bo.Email)
		ok(t, w.accounts.Disable(w.ctx, closed.ID, true))
		w.account("Unproven", "unproven@agency.example", false)
		text := "email,name,role\n" + strings.Join([]string{
			ada.Email, bo.Email, cy.Email, dee.Email, closed.Email, "unproven@agency.example", "new@agency.example", "new@agency.example",
			"nothing", "lead@agency.example,Lead,teacher",
		}, "\n")
		im := w.prepare(c, text)
		if got, want := w.tally(im), "[already:1 error:2 kept:1 left:2 pending:2 ready:2]"; got != want || im.State != roster.Preview || im.FileName != "people.csv" || im.Total != 10 {
			t.Fatalf("foreseen: %s, want %s; %+v", got, want, im)
		}
		if w.count("enrolment", "delivery_id = ?", c.ID) != 1 || w.count("pending_enrolment", "") != 0 || w.count("mail", "") != 0 {
			t.Fatal("the dry run was not dry")
		}
		im = w.apply(c, im)
		if got, want := w.tally(im), "[already:1 enrolled:1 error:2 kept:1 left:2 pending:2 waiting:1]"; got != want || im.State != roster.Done || im.Reached != 10 {
			t.Errorf("happened: %s, want %s; %+v", got, want, im)
		}
		if w.status(c, ada) != delivery.Active || w.status(c, cy) != delivery.Waiting || w.status(c, dee) != "" {
			t.Error("in the wrong order")
		}
		if w.count("mail", "") != 2 || w.count("audit", "action = 'roster.imported'") != 1 || w.count("enrolment", "source = 'import'") != 2 {
			t.Errorf("%d letters", w.count("mail", ""))
		}
		rows, _, err := w.Rows(w.ctx, im, roster.Kept, 1)
		ok(t, err)
		if why := roster.ReadWhy(rows[0].Why); rows[0].Line != 5 || why.Key != "roster.requires" {
			t.Errorf("%+v", rows)
		}
		n := 0
		ok(t, w.Trouble(w.ctx, im, func(roster.ImportRow) error { n++; return nil }))
		if n != 5 {
			t.Errorf("%d rows of trouble", n)
		}
		// The same file again, and applying again, changes nothing.
		again := w.apply(c, w.prepare(c, text))
		if got := w.tally(again); !strings.HasPrefix(got, "[already:5 error:2 kept:1 left:2]") || w.count("mail", "") != 2 {
			t.Errorf("again: %s, %d letters", got, w.count("mail", ""))
		}
		if im = w.apply(c, im); im.State != roster.Done || w.count("audit", "action = 'roster.imported'") != 2 {
			t.Errorf("applied twice: %+v", im)
		}
	})
}

// The same file twice at once, applied by two nodes: every person comes in once.
func TestTheSameFileTwiceAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("tiny")
		var b strings.Builder
		b.WriteString("email\n")
		for i := range 900 {
			if i%3 == 0 {
				fmt.Fprintln(&b, w.person("Ada").Email)
			} else {
				fmt.Fprintf(&b, "new%d@agency.example\n", i)
			}
		}
		for range 2 {
			im := w.prepare(c, b.String())
			ok(t, w.Apply(w.ctx, w.boss, c.ID, im.ID, true))
		}
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() { errs[i] = w.Drain(w.ctx) })
		}
		wg.Wait()
		ok(t, errors.Join(errs...))
		ok(t, w.Drain(w.ctx))
		if a, p, m := w.count("enrolment", ""), w.count("pending_enrolment", ""), w.count("mail", ""); a != 300 || p != 600 || m != 600 {
			t.Errorf("%d enrolments, %d places, %d letters", a, p, m)
		}
		if n := w.count("fact", "name = 'delivery.enrolled'"); n != 300 {
			t.Errorf("%d facts", n)
		}
		if n := w.count("roster_import", "state = 'done' AND reached = 900"); n != 2 {
			t.Errorf("%d imports are done", n)
		}
	})
}

// A program that ends in the middle goes on where it was; a cohort that is called off stops the import, which says so.
func TestAnImportSurvives(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("tiny")
		var b strings.Builder
		b.WriteString("email\n")
		for i := range 1000 {
			fmt.Fprintf(&b, "new%d@agency.example\n", i)
		}
		im := w.prepare(c, b.String())
		ok(t, w.Apply(w.ctx, w.boss, c.ID, im.ID, false))
		ctx, cancel := context.WithCancel(w.ctx)
		ctx, queries := db.CountQueries(ctx)
		done := make(chan error)
		go func() { done <- w.Drain(ctx) }()
		for queries.Load() < 12 {
			select {
			case err := <-done:
				done <- err
			default:
				continue
			}
			break
		}
		cancel()
		<-done
		im, err := w.Import(w.ctx, w.boss, c.ID, im.ID)
		ok(t, err)
		if im.Reached != w.count("pending_enrolment", "") {
			t.Errorf("reached %d with %d places", im.Reached, w.count("pending_enrolment", ""))
		}
		ok(t, w.Drain(w.ctx))
		if n := w.count("pending_enrolment", ""); n != 1000 || w.count("mail", "") != 0 {
			t.Errorf("%d places, %d letters", n, w.count("mail", ""))
		}
		over := w.prepare(c, "email\nlast@agency.example\n")
		_, err = w.deliveries.Cancel(w.ctx, nil, c.ID, "no money")
		ok(t, err)
		over = w.apply(c, over)
		if why := roster.ReadWhy(over.Why); over.State != roster.Stopped || why.Key != "delivery.cancelled" {
			t.Errorf("%+v", over)
		}
		// Files do not stay.
		w.pass(31 * 24 * time.Hour)
		ok(t, w.Clean(w.ctx))
		if a, p := w.count("roster_import_row", ""), w.count("pending_enrolment", ""); a != 0 || p != 0 {
			t.Errorf("%d rows and %d places are kept", a, p)
		}
	})
}

func TestImportIsForWhoLeads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c, other, stranger := w.cohort("tiny"), w.cohort("tiny"), w.person("Stranger")
		form := id.New()
		im, err := w.Prepare(w.ctx, w.boss, c.ID, form, "a.csv", []byte("email\na@a.example\n"))
		ok(t, err)
		twice, err := w.Prepare(w.ctx, w.boss, c.ID, form, "a.csv", []byte("email\na@a.example\n"))
		if err != nil || twice.ID != im.ID || w.count("roster_import_row", "") != 1 {
			t.Errorf("the same form made two: %v", err)
		}
		_, a := w.Prepare(w.ctx, stranger, c.ID, "", "a.csv", []byte("email\na@a.example\n"))
		_, b := w.Import(w.ctx, stranger, c.ID, im.ID)
		_, e := w.Import(w.ctx, w.boss, other.ID, im.ID)
		for _, err := range []error{a, b, e, w.Apply(w.ctx, stranger, c.ID, im.ID, true), w.Apply(w.ctx, w.boss, other.ID, im.ID, true)} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%v", err)
			}
		}
	})
}

// BenchmarkImport is ten thousand rows, half of them with an account, foreseen and applied with letters.
func BenchmarkImport(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(engine, func(b *testing.B) {
			w := open(b, dbtest.New(b, engine))
			var text strings.Builder
			text.WriteString("email,name\n")
			for i := range roster.MaxRows {
				email := fmt.Sprintf("new%d@agency.example", i)
				if i%2 == 0 {
					email = w.person("Ada").Email
				}
				fmt.Fprintf(&text, "%s,Ada\n", email)
			}
			for b.Loop() {
				c := w.cohort("tiny", func(t *delivery.Terms) { t.Capacity = 4000 })
				start := time.Now()
				im := w.prepare(c, text.String())
				dry := time.Since(start)
				start = time.Now()
				w.apply(c, im)
				b.ReportMetric(dry.Seconds(), "s-dry/op")
				b.ReportMetric(time.Since(start).Seconds(), "s-apply/op")
				_, err := w.deliveries.Cancel(w.ctx, nil, c.ID, "next round")
				ok(b, err)
			}
		})
	}
}

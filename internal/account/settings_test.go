package account_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
)

func TestProfileAndAppearance(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		ok(t, s.UpdateProfile(ctx(), p.ID, account.Profile{Name: " Ada  King ", TimeZone: "Australia/Perth", Lang: "en-AU"}))
		ok(t, s.UpdateAppearance(ctx(), p.ID, account.Appearance{Theme: "dark"}))
		ok(t, s.UpdateAppearance(ctx(), p.ID, account.Appearance{TextSize: "130"}))
		got, err := s.ByID(ctx(), p.ID)
		ok(t, err)
		if got.Name != "Ada King" || got.TimeZone != "Australia/Perth" || got.Theme != "dark" || got.TextSize != "130" {
			t.Errorf("got %+v", *got)
		}
		if at := start.In(s.Location(got)).Format("15:04"); at != "17:00" {
			t.Errorf("09:00 UTC in Perth is %s", at)
		}
		if at := start.In(s.Location(nil)).Format("15:04"); at != "20:00" {
			t.Errorf("09:00 UTC in Sydney is %s", at)
		}
		for _, bad := range []account.Profile{
			{Name: "", TimeZone: "Mars/Olympus", Lang: strings.Repeat("x", 36)}, {Name: "\u200b", TimeZone: "Local", Lang: "\n"},
		} {
			want(t, s.UpdateProfile(ctx(), p.ID, bad), "name:name_missing time_zone:zone_unknown lang:lang_unknown")
		}
		want(t, s.UpdateProfile(ctx(), p.ID, account.Profile{Name: "A", TimeZone: "../../etc/passwd"}), "time_zone:zone_unknown")
		want(t, s.UpdateAppearance(ctx(), p.ID, account.Appearance{Theme: "pink", TextSize: "400"}), "theme:theme_unknown text_size:text_size_unknown")
	})
}

func TestChangePassword(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		here, there := s.browser(), s.browser()
		here.signIn(p.ID)
		there.signIn(p.ID)
		ok(t, s.RequestReset(ctx(), p.Email))
		reset := s.token("reset")
		want(t, s.ChangePassword(ctx(), p.ID, "not the one at all", "another nine green doors"), "current:password_wrong")
		want(t, s.ChangePassword(ctx(), p.ID, good, "short"), "password:password_short")
		there.is(p.ID)
		token := here.cookies["greenroom_session"]
		here.do(func(w http.ResponseWriter, r *http.Request) {
			ok(t, s.ChangePassword(r.Context(), p.ID, good, "another nine green doors"))
			ok(t, s.sessions.Renew(r.Context()))
		})
		here.is(p.ID)
		there.is("")
		if here.cookies["greenroom_session"] == token {
			t.Error("the session kept its token")
		}
		_, err := s.Reset(ctx(), reset, "yet another nine doors")
		want(t, err, "account.link_dead")
		_, err = s.SignIn(ctx(), p.Email, "another nine green doors")
		ok(t, err)
		if l := s.letters(p.Email)[0]; !strings.Contains(l.Subject, "password") {
			t.Errorf("not told: %q", l.Subject)
		}
	})
}

func TestChangePasswordCountsGuesses(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		for range 5 {
			want(t, s.ChangePassword(ctx(), p.ID, "not the one at all", "another nine green doors"), "current:password_wrong")
		}
		want(t, s.Delete(ctx(), p.ID, account.Goodbye{Password: good}), "password:locked_seconds")
	})
}

func TestChangeEmail(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		s.register("Grace", "grace@example.org")
		b := s.browser()
		b.signIn(p.ID)
		want(t, s.ChangeEmail(ctx(), p.ID, "not the one at all", "new@example.org"), "email_password:password_wrong")
		want(t, s.ChangeEmail(ctx(), p.ID, good, "new@"), "new_email:email_wrong")
		want(t, s.ChangeEmail(ctx(), p.ID, good, "GRACE@example.org"), "new_email:email_taken")
		want(t, s.ChangeEmail(ctx(), p.ID, good, p.Email), "new_email:email_same")
		ok(t, s.ChangeEmail(ctx(), p.ID, good, "new@example.org"))
		if got, _ := s.ByID(ctx(), p.ID); got.Email != p.Email {
			t.Error("changed before it was proven")
		}
		if l := s.letters(p.Email)[0]; !strings.Contains(l.Subject, "about to change") {
			t.Errorf("the old address was not told: %q", l.Subject)
		}
		ok(t, s.RequestReset(ctx(), p.Email))
		oldReset := s.token("reset")
		change := s.token("verify")
		got, err := s.Verify(ctx(), change, p.ID, "")
		ok(t, err)
		if got.Email != "new@example.org" || !got.Verified() {
			t.Errorf("got %+v", *got)
		}
		b.is("")
		_, err = s.Reset(ctx(), oldReset, "another nine green doors") // sent to an address that is not theirs any more
		want(t, err, "account.link_dead")
		_, err = s.SignIn(ctx(), p.Email, good)
		want(t, err, "email:sign_in_wrong")
		_, err = s.SignIn(ctx(), "new@example.org", good)
		ok(t, err)
	})
}

// Somebody who knows the password takes the account's address away, twice, and changes the password: the first
// holder still gets it back.
func TestUndoEmail(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		move := func(password, to string) {
			t.Helper()
			s.clock.add(time.Minute)
			ok(t, s.ChangeEmail(ctx(), p.ID, password, to))
			_, err := s.Verify(ctx(), s.token("verify"), p.ID, "")
			ok(t, err)
		}
		move(good, "thief@example.org")
		undo := s.token("undo")
		ok(t, s.ChangePassword(ctx(), p.ID, good, "the thief sits in here"))
		move("the thief sits in here", "thief2@example.org")
		thief := s.browser()
		thief.signIn(p.ID)
		ok(t, s.Undo(ctx(), undo))
		thief.is("")
		_, err := s.SignIn(ctx(), p.Email, "the thief sits in here")
		want(t, err, "email:sign_in_wrong")
		if l := s.letters(p.Email); !strings.Contains(l[0].Text, "/reset/") {
			t.Errorf("no link for a new password: %q", l[0].Subject)
		}
		_, err = s.Reset(ctx(), s.token("reset"), "another nine green doors")
		ok(t, err)
		_, err = s.SignIn(ctx(), p.Email, "another nine green doors")
		ok(t, err)
		want(t, s.Undo(ctx(), undo), "account.link_dead")
	})
}

func TestUndoOfATakenAddress(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		ok(t, s.ChangeEmail(ctx(), p.ID, good, "new@example.org"))
		_, err := s.Verify(ctx(), s.token("verify"), p.ID, "")
		ok(t, err)
		undo := s.token("undo")
		s.register("Other", p.Email)
		want(t, s.Undo(ctx(), undo), "account.undo_taken")
	})
}

func TestChangeToAnAddressTakenMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		ok(t, s.ChangeEmail(ctx(), p.ID, good, "new@example.org"))
		token := s.token("verify")
		s.register("Other", "NEW@example.org")
		_, err := s.Verify(ctx(), token, p.ID, "")
		if !strings.Contains(keys(err), "email_taken") {
			t.Errorf("got %q", keys(err))
		}
		if got, _ := s.ByID(ctx(), p.ID); got.Email != p.Email {
			t.Errorf("the address is %q", got.Email)
		}
	})
}

func TestDelete(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, q := s.proven(), s.register("Grace", "grace@example.org")
		b := s.browser()
		b.signIn(p.ID)
		want(t, s.Delete(ctx(), p.ID, account.Goodbye{Password: "not the one at all"}), "password:password_wrong")
		want(t, s.Delete(ctx(), p.ID, account.Goodbye{}), "password:password_missing")
		ok(t, s.Delete(ctx(), p.ID, account.Goodbye{Password: good}))
		b.is("")
		if _, err := s.ByID(ctx(), p.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("still there: %v", err)
		}
		if n := count(t, s.d, "session"); n != 0 {
			t.Errorf("%d sessions left", n)
		}
		_, err := s.ByID(ctx(), q.ID)
		ok(t, err)
		s.register("Ada again", p.Email)
	})
}

type part struct{}

func (part) Export(_ context.Context, id string) (string, any, error) {
	return "record", map[string]string{"of": id}, nil
}

func TestExport(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		s.browser().signIn(p.ID)
		s.AddExporter(part{})
		files := unpack(t, s, p.ID)
		var own struct {
			Email, Name string
			Devices     []struct{ Browser string } `json:"signed_in_devices"`
		}
		ok(t, json.Unmarshal([]byte(files["data/account.json"]), &own))
		if own.Email != p.Email || len(own.Devices) != 1 || own.Devices[0].Browser != "Test/1.0" || !strings.Contains(files["data/record.json"], p.ID) {
			t.Errorf("got %v", files)
		}
		for _, want := range []string{"index.html", "readable/account.html", "readable/record.html", "tables/person.jsonl", "tables/session.jsonl"} {
			if files[want] == "" {
				t.Errorf("the archive has no %s", want)
			}
		}
		all := strings.Join(slices.Collect(maps.Values(files)), "\n")
		for _, secret := range []string{"argon2", "token_hash", "password_hash"} {
			if strings.Contains(all, secret) {
				t.Errorf("the export holds %q", secret)
			}
		}
		if !strings.Contains(files["index.html"], p.Email) {
			t.Errorf("the index does not say whose it is: %s", files["index.html"])
		}
	})
}

// unpack makes somebody's export and reads its files.
func unpack(t *testing.T, s *site, personID string) map[string]string {
	t.Helper()
	words, err := locale.Load()
	ok(t, err)
	f, err := s.Export(ctx(), personID, words.Printer(locale.Default))
	ok(t, err)
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(f)
	ok(t, err)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	ok(t, err)
	out := map[string]string{}
	for _, e := range z.File {
		r, err := e.Open()
		ok(t, err)
		text, err := io.ReadAll(r)
		ok(t, err)
		out[e.Name] = string(text)
	}
	return out
}

// Who has no password confirms with the address, and only soon after signing in.
func TestDeleteWithoutPassword(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		_, err := s.d.Exec("UPDATE person SET password_hash = '' WHERE id = ?", p.ID)
		ok(t, err)
		has, err := s.HasPassword(ctx(), p.ID)
		ok(t, err)
		if has {
			t.Fatal("the account still has a password")
		}
		for _, g := range []account.Goodbye{{}, {Password: good}, {Email: "other@example.org"}} {
			want(t, s.Delete(ctx(), p.ID, g), "email:delete_email_wrong")
		}
		want(t, s.Delete(ctx(), p.ID, account.Goodbye{Email: " " + strings.ToUpper(p.Email)}), "email:delete_sign_in_again") // no session at all
		if _, err := s.ByID(ctx(), p.ID); err != nil {
			t.Fatalf("deleted without any proof: %v", err)
		}
	})
}

// Much that is kept about one person comes whole, however many batches it takes.
func TestExportOfMuch(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		const rows = 3*200 + 1
		text := strings.Repeat("What I would do otherwise next time. ", 60)
		for i := range rows {
			_, err := s.d.Exec(`INSERT INTO reflection (id, person_id, course_key, activity_key, revision_hash, body, words, answer, version, page, n, created_at, saved_at, kept_at)
				VALUES (?, ?, 'c', ?, 'r', ?, 1, '', 1, '', 1, ?, ?, ?)`, fmt.Sprint("r", i), p.ID, fmt.Sprint("m/s", i), text, start, start, start)
			ok(t, err)
		}
		files := unpack(t, s, p.ID)
		if n := strings.Count(files["tables/reflection.jsonl"], "\n"); n != rows {
			t.Errorf("%d rows of %d", n, rows)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(files["tables/reflection.jsonl"]) {
			var r struct{ ID, Body string }
			ok(t, json.Unmarshal([]byte(line), &r))
			if seen[r.ID] || r.Body != text {
				t.Fatalf("%s is there twice or not whole", r.ID)
			}
			seen[r.ID] = true
		}
	})
}

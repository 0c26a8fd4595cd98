package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/mail"
)

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// fake is an SMTP server that answers as it is told.
type fake struct {
	l       net.Listener
	mu      sync.Mutex
	answers map[string]string // command → answer instead of the good one; "-" is silence, "x" hangs up
	got     []string          // whole letters
}

func newFake(t *testing.T) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{l: l, answers: map[string]string{}}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(c)
		}
	}()
	return f
}

func (f *fake) answer(command, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[command] = text
}

func (f *fake) letters() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.got...)
}

func (f *fake) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(command, good string) bool {
		f.mu.Lock()
		text, ok := f.answers[command]
		f.mu.Unlock()
		switch {
		case !ok:
			text = good
		case text == "-":
			return true
		case text == "x":
			return false
		}
		_, err := fmt.Fprintf(c, "%s\r\n", text)
		return err == nil
	}
	if !say("CONNECT", "220 fake") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		command, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		command = strings.ToUpper(command)
		alive := true
		switch command {
		case "EHLO":
			alive = say(command, "250-fake\r\n250-SMTPUTF8\r\n250 8BITMIME")
		case "DATA":
			if alive = say(command, "354 go on"); alive && !f.refuses("DATA") {
				var b strings.Builder
				for {
					l, err := r.ReadString('\n')
					if err != nil {
						return
					}
					if l == ".\r\n" {
						break
					}
					b.WriteString(l)
				}
				if !f.refuses("END") {
					f.mu.Lock()
					f.got = append(f.got, b.String())
					f.mu.Unlock()
				}
				alive = say("END", "250 taken")
			}
		case "QUIT":
			say(command, "221 bye")
			return
		default:
			alive = say(command, "250 fine")
		}
		if !alive {
			return
		}
	}
}

func (f *fake) refuses(command string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answers[command] != ""
}

type office struct {
	*mail.Service
	d     *bun.DB
	clock *clock
	smtp  *fake
	log   *bytes.Buffer
}

func newOffice(t *testing.T, d *bun.DB) *office {
	t.Helper()
	o := &office{d: d, clock: &clock{t: start}, smtp: newFake(t), log: new(bytes.Buffer)}
	var err error
	o.Service, err = mail.New(d, mail.Options{
		SMTP: "smtp://" + o.smtp.l.Addr().String(), From: "Greenroom <no-reply@example.org>", Timeout: 300 * time.Millisecond,
		Now: o.clock.now, Log: slog.New(slog.NewTextHandler(o.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) queue(t *testing.T, m mail.Message) {
	t.Helper()
	err := db.InTx(context.Background(), o.d, func(ctx context.Context, tx bun.Tx) error { return o.Queue(ctx, tx, m) })
	if err != nil {
		t.Fatal(err)
	}
}

// deliver makes one round and checks how many letters left, wait, and were given up.
func (o *office) deliver(t *testing.T, left, waiting, dead int) {
	t.Helper()
	n, err := o.Deliver(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w, d, err := o.Status(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if n != left || w != waiting || d != dead {
		t.Errorf("%d left, %d wait, %d dead; want %d, %d, %d", n, w, d, left, waiting, dead)
	}
}

var letter = mail.Message{To: "ada@example.org", Subject: "Grüße", Text: "Hello,\n\nopen this:\n\nhttps://example.org/verify/ABC\n\n<b>x</b>"}

func each(t *testing.T, fn func(t *testing.T, o *office)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) { fn(t, newOffice(t, d)) })
}

func TestALetterLeaves(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.queue(t, letter)
		o.deliver(t, 1, 0, 0)
		o.deliver(t, 0, 0, 0)
		got := o.smtp.letters()
		if len(got) != 1 {
			t.Fatalf("%d letters", len(got))
		}
		for _, part := range []string{
			"To: <ada@example.org>", `From: "Greenroom" <no-reply@example.org>`, "Message-ID: <", "@example.org>", "Auto-Submitted: auto-generated",
			"Subject: =?UTF-8?q?Gr=C3=BC=C3=9Fe?", "text/plain", "text/html", "Date: Wed, 25 Nov 2026 09:00:00 +0000",
			`<a href=3D"https://example.org/verify/ABC">`, "&lt;b&gt;x&lt;/b&gt;",
		} {
			if !strings.Contains(strings.ReplaceAll(got[0], "=\r\n", ""), part) {
				t.Errorf("the letter lacks %q:\n%s", part, got[0])
			}
		}
		var body string
		if err := o.d.NewSelect().Table("mail").Column("body_text").Scan(context.Background(), &body); err != nil || body != "" {
			t.Errorf("the text is kept after sending: %q, %v", body, err)
		}
	})
}

// A calendar goes as one more form of the letter, and says in the part's type what it is for.
func TestALetterWithACalendar(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		cal := "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"
		o.queue(t, mail.Message{To: "ada@example.org", Subject: "x", Text: "x", Calendar: cal})
		o.deliver(t, 1, 0, 0)
		got := o.smtp.letters()[0]
		for _, part := range []string{"multipart/alternative", "text/calendar; method=CANCEL", "METHOD:CANCEL"} {
			if !strings.Contains(got, part) {
				t.Errorf("the letter lacks %q:\n%s", part, got)
			}
		}
		var left string
		if err := o.d.NewSelect().Table("mail").Column("calendar").Scan(context.Background(), &left); err != nil || left != "" {
			t.Errorf("the calendar is kept after sending: %q, %v", left, err)
		}
	})
}

// Mail programs show a button for what RFC 8058 asks for.
func TestALetterThatCanBeStopped(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.queue(t, mail.Message{To: "ada@example.org", Subject: "x", Text: "x", Unsubscribe: "https://example.org/mail/stop/a.weekly.b"})
		o.deliver(t, 1, 0, 0)
		got := strings.ReplaceAll(o.smtp.letters()[0], "\r\n ", " ")
		for _, part := range []string{"List-Unsubscribe: <https://example.org/mail/stop/a.weekly.b>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"} {
			if !strings.Contains(got, part) {
				t.Errorf("the letter lacks %q:\n%s", part, got)
			}
		}
	})
}

func TestATransactionThatFailsSendsNothing(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		_ = db.InTx(context.Background(), o.d, func(ctx context.Context, tx bun.Tx) error {
			if err := o.Queue(ctx, tx, letter); err != nil {
				t.Error(err)
			}
			return fmt.Errorf("no")
		})
		o.deliver(t, 0, 0, 0)
	})
}

func TestTemporaryRefusalIsTriedAgainForThreeDays(t *testing.T) {
	for _, at := range []string{"CONNECT", "MAIL", "RCPT", "DATA", "END"} {
		t.Run(at, func(t *testing.T) {
			each(t, func(t *testing.T, o *office) {
				o.smtp.answer(at, "421 later")
				o.queue(t, letter)
				o.deliver(t, 0, 1, 0)
				o.clock.add(59 * time.Second)
				o.deliver(t, 0, 1, 0)
				o.smtp.answer(at, "")
				o.smtp.mu.Lock()
				delete(o.smtp.answers, at)
				o.smtp.mu.Unlock()
				o.deliver(t, 0, 1, 0) // not yet
				o.clock.add(time.Second)
				o.deliver(t, 1, 0, 0)
				if strings.Contains(o.log.String(), "ada@") || strings.Contains(o.log.String(), "ABC") {
					t.Errorf("the log tells on people: %s", o.log)
				}
			})
		})
	}
}

func TestGivenUpAfterThreeDays(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.smtp.answer("RCPT", "450 mailbox busy")
		o.queue(t, letter)
		tries := 0
		for o.clock.now().Sub(start) < 4*24*time.Hour {
			if _, err := o.Deliver(context.Background()); err != nil {
				t.Fatal(err)
			}
			o.clock.add(10 * time.Minute)
		}
		_, dead, err := o.Status(context.Background())
		if err != nil || dead != 1 {
			t.Errorf("%d dead, %v", dead, err)
		}
		tries = strings.Count(o.log.String(), "will try again") + strings.Count(o.log.String(), "given up")
		if tries < 15 || tries > 25 {
			t.Errorf("%d tries in three days", tries)
		}
	})
}

func TestLastingRefusal(t *testing.T) {
	for _, at := range []string{"RCPT", "END"} {
		t.Run(at, func(t *testing.T) {
			each(t, func(t *testing.T, o *office) {
				o.smtp.answer(at, "550 nobody here")
				o.queue(t, letter)
				o.deliver(t, 0, 0, 1)
				o.clock.add(24 * time.Hour)
				o.deliver(t, 0, 0, 1)
				o.clock.add(91 * 24 * time.Hour)
				if err := o.Clean(context.Background()); err != nil {
					t.Fatal(err)
				}
				o.deliver(t, 0, 0, 0)
			})
		})
	}
}

func TestStallsAndHangUps(t *testing.T) {
	for _, at := range []string{"CONNECT", "EHLO", "RCPT", "END"} {
		for _, how := range []string{"-", "x"} {
			t.Run(at+how, func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, dbtest.New(t, "sqlite"))
				o.smtp.answer(at, how)
				o.queue(t, letter)
				o.deliver(t, 0, 1, 0)
			})
		}
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, dbtest.New(t, "sqlite"))
		o.smtp.l.Close()
		o.queue(t, letter)
		o.deliver(t, 0, 1, 0)
	})
}

// A letter that was taken is sent once, whatever becomes of the goodbye.
func TestFailingGoodbyeIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"x", "421 no", "-"} {
		o := newOffice(t, dbtest.New(t, "sqlite"))
		o.smtp.answer("QUIT", how)
		o.queue(t, letter)
		o.deliver(t, 1, 0, 0)
	}
}

func TestTwoNodesSendOnce(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for i := range 10 {
			m := letter
			m.Subject = fmt.Sprint("Letter ", i)
			o.queue(t, m)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := o.Deliver(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(o.smtp.letters()); n != 10 {
			t.Errorf("%d letters left, want 10", n)
		}
	})
}

func TestHeaderInjection(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for _, m := range []mail.Message{
			{To: "ada@example.org\r\nBcc: all@example.org", Subject: "x", Text: "x"},
			{To: "ada@example.org\nBcc: all@example.org", Subject: "x", Text: "x"},
			{To: "ada@example.org, all@example.org", Subject: "x", Text: "x"},
			{To: "Ada <ada@example.org>", Subject: "x", Text: "x"},
			{To: "", Subject: "x", Text: "x"},
			{To: "ada@example.org", Subject: "x\r\nBcc: all@example.org", Text: "x"},
			{To: "ada@example.org", Subject: "x\x00y", Text: "x"},
			{To: "ada@example.org", Subject: "x\u2028Bcc: y", Text: "x"},
			{To: "ada@example.org", Subject: " ", Text: "x"},
			{To: "ada@example.org", Subject: "x", Text: ""},
			{To: "ada@example.org", Subject: "x", Text: "x", Unsubscribe: "https://e.org/>\r\nBcc: y"},
			{To: strings.Repeat("a", 250) + "@example.org", Subject: "x", Text: "x"},
		} {
			err := db.InTx(context.Background(), o.d, func(ctx context.Context, tx bun.Tx) error { return o.Queue(ctx, tx, m) })
			if err == nil {
				t.Errorf("took %q %q %q", m.To, m.Subject, m.Text)
			}
		}
		o.queue(t, mail.Message{To: "ada@example.org", Subject: "x", Text: "x\r\n.\r\nRCPT TO:<all@example.org>\r\n"})
		o.deliver(t, 1, 0, 0)
		if n := len(o.smtp.letters()); n != 1 {
			t.Errorf("%d letters of one", n)
		}
	})
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s, err := mail.New(d, mail.Options{From: "no-reply@example.org", Now: (&clock{t: start}).now, Log: slog.Default()})
		if err != nil || !s.Development() {
			t.Fatal(err)
		}
		ctx := context.Background()
		for i := range 205 {
			m := mail.Message{To: "Ada@example.org", Subject: fmt.Sprint(i), Text: "x"}
			if i%2 == 0 {
				m.To = "grace@example.org"
			}
			if err := db.InTx(ctx, d, func(ctx context.Context, tx bun.Tx) error { return s.Queue(ctx, tx, m) }); err != nil {
				t.Fatal(err)
			}
		}
		all, err := s.Mailbox(ctx, "")
		if err != nil || len(all) != 200 || all[0].Subject != "204" || all[199].Subject != "5" || !all[0].At.Equal(start) {
			t.Errorf("%d letters from %q to %q, %v", len(all), all[0].Subject, all[199].Subject, err)
		}
		hers, err := s.Mailbox(ctx, "ada@example.org")
		if err != nil || len(hers) != 100 {
			t.Errorf("%d letters to ada, %v", len(hers), err)
		}
		one, err := s.Letter(ctx, hers[3].ID)
		if err != nil || one != hers[3] {
			t.Errorf("got %+v, %v", one, err)
		}
		if _, err := s.Letter(ctx, "no such"); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v", err)
		}
		if n, err := s.Deliver(ctx); n != 0 || err != nil {
			t.Errorf("delivered %d, %v", n, err)
		}
	})
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, "sqlite")
	for _, o := range []mail.Options{
		{From: ""}, {From: "x"}, {From: "a@b.cd\r\nBcc: x@y.zz"},
		{From: "a@b.cd", SMTP: "http://x"}, {From: "a@b.cd", SMTP: "smtp://"}, {From: "a@b.cd", SMTP: "smtp://user:hush@:25\x7f"},
		{From: "a@b.cd", SMTP: "smtp://user:hush@host:port"},
	} {
		o.Now = time.Now
		if _, err := mail.New(d, o); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestRunStops(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.New(t, "sqlite"))
	o.queue(t, letter)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- o.Run(ctx) }()
	o.Wake()
	for len(o.smtp.letters()) == 0 && ctx.Err() == nil {
		select {
		case <-time.After(5 * time.Millisecond):
		case err := <-done:
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

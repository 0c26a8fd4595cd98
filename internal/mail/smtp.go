package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// server is where letters are handed over.
type server struct {
	host, user, password string
	port                 int
	tls                  bool // from the first byte (smtps)
	plain                bool // no TLS at all: only on this machine
}

// parseServer reads smtp://user:password@host:587 or smtps://…:465. Errors never show the password.
func parseServer(raw string) (*server, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, errors.New("mail server: want smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	s := &server{host: u.Hostname(), tls: u.Scheme == "smtps", port: 587, user: u.User.Username()}
	s.password, _ = u.User.Password()
	if s.tls {
		s.port = 465
	}
	if p := u.Port(); p != "" {
		if s.port, err = strconv.Atoi(p); err != nil {
			return nil, errors.New("mail server: the port is not a number")
		}
	}
	ip := net.ParseIP(s.host)
	s.plain = !s.tls && (s.host == "localhost" || ip != nil && ip.IsLoopback())
	return s, nil
}

// failure is a letter that did not leave. Its text has no address in it and may be logged.
type failure struct {
	stage string
	code  int // of SMTP; 0 when there was no answer
	final bool
}

func (f *failure) Error() string {
	if f.code == 0 {
		return f.stage + ": no answer"
	}
	return fmt.Sprintf("%s: %d", f.stage, f.code)
}

// hand gives one letter to the server. A final failure is the server's lasting refusal of this very letter;
// a refused sign-in or a server that is away is not, because there the letter is not at fault.
func (s *Service) hand(ctx context.Context, l *letter) error {
	m, err := s.compose(l)
	if err != nil {
		return &failure{stage: "compose", final: true}
	}
	o := []gomail.Option{gomail.WithPort(s.server.port), gomail.WithTimeout(s.timeout), gomail.WithoutNoop()}
	switch {
	case s.server.tls:
		o = append(o, gomail.WithSSL())
	case s.server.plain:
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.server.user != "" {
		kind := gomail.SMTPAuthAutoDiscover
		if s.server.plain {
			kind = gomail.SMTPAuthPlainNoEnc
		}
		o = append(o, gomail.WithSMTPAuth(kind), gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password))
	}
	c, err := gomail.NewClient(s.server.host, o...)
	if err != nil {
		return &failure{stage: "client"}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*s.timeout)
	defer cancel()
	err = c.DialAndSendWithContext(ctx, m)
	if err == nil || m.IsDelivered() { // taken; a failing goodbye changes nothing
		return nil
	}
	var se *gomail.SendError
	if errors.As(err, &se) {
		code := se.ErrorCode()
		return &failure{stage: strings.TrimSpace(se.Reason.String()), code: code, final: code >= 500 && code < 600}
	}
	return &failure{stage: "connect"}
}

func (s *Service) compose(l *letter) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.FromFormat(s.from.Name, s.from.Address); err != nil {
		return nil, err
	}
	if err := m.To(l.ToAddress); err != nil {
		return nil, err
	}
	m.Subject(l.Subject)
	m.SetDateWithValue(l.CreatedAt.In(time.UTC))
	_, domain, _ := strings.Cut(s.from.Address, "@")
	m.SetMessageIDWithValue(l.ID + "@" + domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // holiday replies are not wanted
	if l.Unsubscribe != "" {                           // RFC 2369 and, for one click, RFC 8058
		m.SetGenHeader("List-Unsubscribe", "<"+l.Unsubscribe+">")
		m.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	m.SetBodyString(gomail.TypeTextPlain, l.BodyText)
	m.AddAlternativeString(gomail.TypeTextHTML, l.BodyHTML)
	if l.Calendar != "" { // last: what mail programs that know it prefer
		m.AddAlternativeString(gomail.ContentType("text/calendar; method="+method(l.Calendar)), l.Calendar)
	}
	return m, nil
}

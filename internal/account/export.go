package account

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"greenroom/internal/fault"
	"greenroom/internal/locale"
)

// MaxExport is how large the file of everything about a person may get, before it is packed; more is Invalid. Nobody
// comes near: a person who has taken every course has some hundred kilobytes.
const MaxExport = 1 << 30

// exportsAtOnce is how many are made at a time on one node; others wait a moment.
const exportsAtOnce = 2

var exporting = make(chan struct{}, exportsAtOnce)

// exported is the account's own part of an export.
type exported struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Email      string     `json:"email"`
	Powers     string     `json:"powers"` // roles beyond learning, as internal/account.Powers
	Language   string     `json:"language,omitempty"`
	TimeZone   string     `json:"time_zone,omitempty"`
	Theme      string     `json:"theme"`
	TextSize   string     `json:"text_size_percent"`
	VerifiedAt *time.Time `json:"email_verified_at,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	Sessions   []signedIn `json:"signed_in_devices"`
}

type signedIn struct {
	Browser   string    `json:"browser"`
	Since     time.Time `json:"since"`
	LastSeen  time.Time `json:"last_seen"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *Service) exportOwn(ctx context.Context, personID string) (*exported, error) {
	p, err := s.ByID(ctx, personID)
	if err != nil {
		return nil, err
	}
	var rows []session
	err = s.db.NewSelect().Model(&rows).Where("person_id = ?", personID).Where("expires_at > ?", s.now()).Order("created_at").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("export sessions: %w", err)
	}
	own := &exported{
		ID: p.ID, Name: p.Name, Email: p.Email, Powers: string(p.Powers), Language: p.Lang, TimeZone: p.TimeZone,
		Theme: p.Theme, TextSize: p.TextSize, CreatedAt: p.CreatedAt.UTC(), Sessions: []signedIn{},
	}
	if p.Verified() {
		at := p.VerifiedAt.UTC()
		own.VerifiedAt = &at
	}
	for _, r := range rows {
		own.Sessions = append(own.Sessions, signedIn{r.UserAgent, r.CreatedAt.UTC(), r.SeenAt.UTC(), r.ExpiresAt.UTC()})
	}
	return own, nil
}

// Export writes everything that is kept about a person to a temporary file, a zip archive, and returns it opened at its
// beginning. Whoever closes it is rid of it. In the archive are
//
//	index.html           what is in it, in words
//	data/<part>.json     the account, then the parts of the exporters
//	readable/<part>.html the same to be read
//	tables/<table>.jsonl every row about the person as it is stored, one a line, without secrets
//
// The rows are asked of the database's own list of tables, so that nothing is missing because somebody forgot it; see
// LeftOut for what is not there and why. Each part is read, written and forgotten before the next; the memory needed
// is that of the largest part, and rows go through it by the hundred. The file is complete or there is none.
//
// Unavailable when others are exporting already.
func (s *Service) Export(ctx context.Context, personID string, l *locale.Printer) (*os.File, error) {
	wait := time.NewTimer(5 * time.Second)
	defer wait.Stop()
	select {
	case exporting <- struct{}{}:
		defer func() { <-exporting }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
		return nil, fault.New(fault.Unavailable, "error.busy")
	}
	f, err := os.CreateTemp("", "greenroom-export-*")
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	_ = os.Remove(f.Name()) // it lives until it is closed, whatever happens
	x := &archive{svc: s, l: l, zip: zip.NewWriter(f), at: s.now(), personID: personID}
	err = x.write(ctx)
	if err == nil {
		err = x.zip.Close()
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// archive is one export being written.
type archive struct {
	svc      *Service
	l        *locale.Printer
	zip      *zip.Writer
	at       time.Time
	personID string
	parts    []packed
	size     int64
}

// packed is what the index says of one file.
type packed struct {
	Name, File, Readable string
	Rows                 int // of a table
}

func (x *archive) write(ctx context.Context) error {
	own, err := x.svc.exportOwn(ctx, x.personID)
	if err != nil {
		return err
	}
	if err := x.part("account", own); err != nil {
		return err
	}
	for _, e := range x.svc.exporters {
		name, v, err := e.Export(ctx, x.personID)
		if err != nil {
			return fmt.Errorf("export %s: %w", name, err)
		}
		if err := x.part(name, v); err != nil {
			return fmt.Errorf("export %s: %w", name, err)
		}
	}
	if err := x.tables(ctx); err != nil {
		return err
	}
	return x.index(own)
}

// create begins a file of the archive. All that is written counts towards the limit.
func (x *archive) create(name string) (io.Writer, error) {
	w, err := x.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: x.at})
	if err != nil {
		return nil, err
	}
	return &counted{w, x}, nil
}

type counted struct {
	io.Writer
	x *archive
}

func (c *counted) Write(p []byte) (int, error) {
	if c.x.size += int64(len(p)); c.x.size > MaxExport {
		return 0, fault.New(fault.Invalid, "account.export_large")
	}
	return c.Writer.Write(p)
}

// part writes one exporter's part twice: for programs and for people.
func (x *archive) part(name string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	p := packed{Name: name, File: "data/" + name + ".json", Readable: "readable/" + name + ".html"}
	w, err := x.create(p.File)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(raw, '\n')); err != nil {
		return err
	}
	if w, err = x.create(p.Readable); err != nil {
		return err
	}
	x.parts = append(x.parts, p)
	return readable(w, x.l, x.say(name), raw)
}

// say is what a part is called; its name where there are no words for it yet.
func (x *archive) say(name string) string {
	if key := "account.export.part." + name; x.l.Has(key) {
		return x.l.T(key)
	}
	return human(name)
}

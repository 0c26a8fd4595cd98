package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"greenroom/internal/db"
)

// Limits of what is believed of a file.
const (
	headerLimit = 4 << 20
	partLimit   = 1 << 30 // one row with the largest film that a course may hold
)

// Refused says why a file is not restored. Nothing has been changed.
type Refused struct{ Why string }

func (r *Refused) Error() string { return "the backup is refused: " + r.Why }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// sink takes what is read. Each is called in the order of the file; line belongs to the reader.
type sink struct {
	begin func(h Header) error
	row   func(t Table, line []byte) error
}

// Check reads a backup to its end and says what it is. The error of a file that is damaged, cut short or made by a
// newer program is a *Refused.
func Check(ctx context.Context, r io.Reader) (Info, error) {
	return readAll(ctx, r, sink{
		begin: func(Header) error { return nil },
		row:   func(t Table, line []byte) error { _, err := parse(t, line); return err },
	})
}

// readAll reads a file once, from its beginning to its end, and holds every part to what the file says of itself.
func readAll(ctx context.Context, r io.Reader, to sink) (Info, error) {
	z, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return Info{}, refuse("it is no backup of Greenroom, or its beginning is damaged")
	}
	f := &file{ctx: ctx, zip: z, tar: tar.NewReader(z), to: to}
	info, err := f.all()
	if err == nil || ctx.Err() != nil || errors.As(err, new(*Refused)) || f.sinkFailed {
		return info, err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return Info{}, refuse("it was cut short")
	}
	return Info{}, refuse("it is damaged (%v)", err)
}

// file is a backup that is being read.
type file struct {
	ctx        context.Context
	zip        *gzip.Reader
	tar        *tar.Reader
	to         sink
	sinkFailed bool // the error is not the file's
}

func (f *file) all() (Info, error) {
	h, digest, err := f.header()
	if err != nil {
		return Info{}, err
	}
	if err := f.into(f.to.begin(h)); err != nil {
		return Info{}, err
	}
	found := Manifest{Header: digest}
	at, part := 0, 0 // the table that is read, and how many parts of it were
	var sum adder
	for {
		e, err := f.next()
		if err != nil {
			return Info{}, err
		}
		if e.Name == manifestName {
			for ; at < len(h.Tables); at++ {
				found.Tables = append(found.Tables, sum.sum(h.Tables[at].Name))
				sum = adder{}
			}
			m, err := f.manifest(found)
			return Info{h, m}, err
		}
		for at < len(h.Tables) && e.Name != partName(h.Tables[at].Name, part+1) {
			found.Tables = append(found.Tables, sum.sum(h.Tables[at].Name))
			at, part, sum = at+1, 0, adder{}
		}
		if at == len(h.Tables) {
			return Info{}, refuse("the part %q is not where it belongs", clean(e.Name))
		}
		part++
		found.Parts++
		if err := f.rows(h.Tables[at], &sum); err != nil {
			return Info{}, err
		}
	}
}

// next moves on to the next part.
func (f *file) next() (*tar.Header, error) {
	if err := f.ctx.Err(); err != nil {
		return nil, err
	}
	e, err := f.tar.Next()
	if err != nil {
		return nil, err
	}
	if e.Typeflag != tar.TypeReg || e.Size > partLimit {
		return nil, refuse("the part %q is none of a backup", clean(e.Name))
	}
	return e, nil
}

// into marks an error as one of whom the file is read for.
func (f *file) into(err error) error {
	f.sinkFailed = err != nil
	return err
}

func (f *file) header() (Header, string, error) {
	var h Header
	e, err := f.next()
	if err != nil {
		return h, "", err
	}
	if e.Name != headerName {
		return h, "", refuse("it is no backup of Greenroom")
	}
	raw, err := io.ReadAll(io.LimitReader(f.tar, headerLimit))
	if err != nil {
		return h, "", err
	}
	if err := json.Unmarshal(raw, &h); err != nil || h.Format < 1 {
		return h, "", refuse("its beginning is damaged")
	}
	known, err := db.Steps()
	if err != nil {
		return h, "", err
	}
	if h.Format > Format || slices.ContainsFunc(h.Steps, func(s string) bool { return !slices.Contains(known, s) }) {
		return h, "", refuse("it was made by a newer program (%s): restore it with that version", clean(h.Program))
	}
	for _, t := range h.Tables {
		if t.Name == "" || len(t.Columns) == 0 || len(t.Key) == 0 || strings.ContainsAny(t.Name, "/.") {
			return h, "", refuse("its beginning is damaged")
		}
	}
	return h, hash(raw), nil
}

// rows reads the lines of a part.
func (f *file) rows(t Table, sum *adder) error {
	lines := bufio.NewReaderSize(f.tar, 1<<16)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return refuse("a row of %s has no end", t.Name)
		}
		if err != nil {
			return err
		}
		sum.add(line)
		if _, err := parse(t, line); err != nil {
			return refuse("row %d of %s is damaged: %v", sum.rows, t.Name, err)
		}
		if err := f.into(f.to.row(t, line)); err != nil {
			return err
		}
	}
}

// manifest compares the end of the file with what was found before it, and makes sure that nothing follows.
func (f *file) manifest(found Manifest) (Manifest, error) {
	var m Manifest
	raw, err := io.ReadAll(io.LimitReader(f.tar, headerLimit))
	if err != nil {
		return m, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, refuse("its end is damaged")
	}
	switch {
	case m.Header != found.Header:
		return m, refuse("its beginning is not what was written")
	case len(m.Tables) != len(found.Tables):
		return m, refuse("it has %d tables and should have %d", len(found.Tables), len(m.Tables))
	}
	for i, t := range found.Tables {
		if m.Tables[i] != t {
			return m, refuse("the table %s is not what was written: %d rows, %d were written", clean(t.Name), t.Rows, m.Tables[i].Rows)
		}
	}
	if m.Parts != found.Parts {
		return m, refuse("it has %d parts and should have %d", found.Parts, m.Parts)
	}
	if _, err := f.tar.Next(); !errors.Is(err, io.EOF) {
		return m, refuse("something follows its end")
	}
	_, err = io.Copy(io.Discard, f.zip) // to the sum that closes it
	return m, err
}

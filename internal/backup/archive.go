package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/uptrace/bun"
)

// The names of the parts.
const (
	headerName   = "greenroom-backup.json"
	manifestName = "manifest.json"
)

// partSize is how many bytes of rows make a part; a part has at least one row, however long.
const partSize = 1 << 20

func partName(table string, n int) string { return fmt.Sprintf("tables/%s/%06d.jsonl", table, n) }

// archive is a backup that is being written.
type archive struct {
	zip *gzip.Writer
	tar *tar.Writer
}

func newArchive(w io.Writer) *archive {
	z := gzip.NewWriter(w)
	return &archive{z, tar.NewWriter(z)}
}

func (a *archive) add(name string, at time.Time, data []byte) error {
	err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o600, ModTime: at.Truncate(time.Second), Format: tar.FormatPAX})
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if _, err := a.tar.Write(data); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

func (a *archive) close() error {
	if err := errors.Join(a.tar.Close(), a.zip.Close()); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

// table writes the rows of a table.
func (a *archive) table(ctx context.Context, tx bun.IDB, t Table, at time.Time, told Progress) (parts int, sum Sum, err error) {
	var all adder
	var part bytes.Buffer
	flush := func() error {
		if part.Len() == 0 {
			return nil
		}
		parts++
		defer part.Reset()
		if told != nil {
			told(t.Name, all.rows)
		}
		return a.add(partName(t.Name, parts), at, part.Bytes())
	}
	err = each(ctx, tx, t, func(line []byte) error {
		all.add(line)
		part.Write(line)
		if part.Len() < partSize {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return parts, all.sum(t.Name), err
}

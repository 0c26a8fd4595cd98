package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/app"
	"greenroom/internal/audit"
	"greenroom/internal/backup"
	"greenroom/internal/config"
	"greenroom/internal/db"
	"greenroom/internal/stream"
)

type backupCmd struct {
	File string `arg:"" help:"File to write, which must not exist yet; - writes to standard output."`
}

// Help is printed by 'greenroom backup --help', below the usage.
func (backupCmd) Help() string {
	return "Writes the whole database, media and courses too, as it is at one moment, while the site runs. The file can be restored into SQLite and PostgreSQL alike. " +
		"It holds personal data: keep it as safe as the database. The secret in the data folder is not in it."
}

func (c backupCmd) Run(w *world) error {
	cfg, _, err := w.settings()
	if err != nil {
		return err
	}
	d, err := db.Open(w.ctx, string(cfg.DatabaseURL))
	if err != nil {
		return err
	}
	defer d.Close()
	info, size, err := c.write(w, d)
	if err != nil {
		return err
	}
	if err := note(cfg, info, size); err != nil { // the backup is there all the same
		fmt.Fprintf(w.err, "The time of the backup could not be noted for the health page: %v\n", err)
	}
	fmt.Fprintf(w.err, "%d rows of %d tables are in the backup (%d bytes), as they were at %s.\n",
		info.Manifest.Rows(), len(info.Tables), size, info.At.Format(time.RFC3339))
	return nil
}

func (c backupCmd) write(w *world, d *bun.DB) (backup.Info, int64, error) {
	o := backup.WriteOptions{Program: version, Now: time.Now, Progress: progress(w.err)}
	if c.File == "-" {
		out := &counted{w: w.out}
		info, err := backup.Write(w.ctx, d, out, o)
		return info, out.n, err
	}
	if _, err := os.Lstat(c.File); err == nil {
		return backup.Info{}, 0, fmt.Errorf("%s exists: a backup never replaces a file", c.File)
	}
	f, err := os.CreateTemp(filepath.Dir(c.File), ".greenroom-backup-*") // for its owner only
	if err != nil {
		return backup.Info{}, 0, err
	}
	defer os.Remove(f.Name()) // of a backup that failed; a whole one has its own name by then
	out := &counted{w: f}
	info, err := backup.Write(w.ctx, d, out, o)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return info, 0, err
	}
	if err := os.Link(f.Name(), c.File); err != nil { // unlike a renaming, it never replaces a file
		return info, 0, err
	}
	return info, out.n, syncFolder(filepath.Dir(c.File))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// note leaves when the last backup was taken, for the health page and the metrics.
func note(cfg config.Config, info backup.Info, size int64) error {
	raw, err := json.Marshal(map[string]any{"at": info.At, "rows": info.Manifest.Rows(), "bytes": size})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(cfg.Data, config.BackupNote), append(raw, '\n'), 0o600)
}

type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// progress prints a line for each table, and one for every hundred thousand rows of a long one.
func progress(w io.Writer) backup.Progress {
	table, next := "", int64(0)
	return func(t string, rows int64) {
		if t != table {
			table, next = t, 0
		}
		if rows >= next {
			fmt.Fprintf(w, "  %s: %d rows …\n", t, rows)
			next = rows + 100_000
		}
	}
}

type restoreCmd struct {
	File         string `arg:"" help:"Backup to read; - reads standard input."`
	Replace      bool   `help:"Throw away what the database holds. Without it only an empty database is restored into."`
	Check        bool   `help:"Only look whether the backup is whole and can be restored: it goes into a throw-away SQLite file, and the site's database is not touched."`
	KeepSessions bool   `help:"People stay signed in, and mailed links stay valid: for moving from one database to another."`
	Erase        string `help:"File with the ids of people whose accounts were deleted since, one a line: they are deleted again." type:"path"`
}

// Help is printed by 'greenroom restore --help', below the usage.
func (restoreCmd) Help() string {
	return "Makes the database what it was when the backup was taken. Stop the servers first. A file that is damaged, cut short or made by a newer program is refused, and whenever something fails the database stays as it was."
}

func (c restoreCmd) Run(w *world) error {
	cfg, _, err := w.settings()
	if err != nil {
		return err
	}
	erased, err := c.erased()
	if err != nil {
		return err
	}
	url, replace := string(cfg.DatabaseURL), c.Replace
	if c.Check {
		dir, err := os.MkdirTemp("", "greenroom-check-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		url, replace = "sqlite:"+filepath.Join(dir, "check.db"), false
	}
	in, err := c.open(w)
	if err != nil {
		return err
	}
	defer in.Close()
	d, err := db.OpenAlone(w.ctx, url)
	if err != nil {
		return err
	}
	defer d.Close()
	if cfg.Secret, err = cfg.Root(); err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	a, err := app.New(cfg, d, slog.New(slog.DiscardHandler), app.Options{}) // for its rules of erasing
	if err != nil {
		return err
	}
	again := 0
	info, err := backup.Restore(w.ctx, d, in, backup.RestoreOptions{
		Replace: replace, Progress: progress(w.err),
		Before: func(ctx context.Context, tx bun.IDB, h backup.Header) error {
			more, err := audit.Erased(ctx, tx, h.At)
			erased = append(erased, more...)
			return err
		},
		After: func(ctx context.Context, tx bun.IDB) error {
			if err := stream.Restored(ctx, tx); err != nil || c.KeepSessions && len(erased) == 0 {
				return err
			}
			again, err = a.Accounts.Restored(ctx, tx, erased)
			return err
		},
	})
	if err != nil {
		return err
	}
	return c.tell(w, info, again)
}

func (c restoreCmd) tell(w *world, info backup.Info, again int) error {
	what := "restored"
	if c.Check {
		what = "whole and can be restored"
	}
	_, err := fmt.Fprintf(w.out, "%d rows of %d tables, taken at %s by %s, are %s.\n", info.Manifest.Rows(), len(info.Tables), info.At.Format(time.RFC3339), info.Program, what)
	switch {
	case c.Check:
	case again > 0:
		fmt.Fprintf(w.err, "%d people were deleted again. Everybody has to sign in anew.\n", again)
	case !c.KeepSessions:
		fmt.Fprintln(w.err, "Everybody has to sign in anew. People who deleted their accounts since then are back, unless this database knew of it: see --erase.")
	}
	return err
}

// open opens the file, and reads it once to its end where that can be done: a spoilt one is refused before anything waits.
func (c restoreCmd) open(w *world) (io.ReadCloser, error) {
	if c.File == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(w.err, "Reading the backup …")
	if _, err := backup.Check(w.ctx, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (c restoreCmd) erased() ([]string, error) {
	if c.Erase == "" {
		return nil, nil
	}
	f, err := os.Open(c.Erase)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if id := strings.TrimSpace(lines.Text()); id != "" {
			out = append(out, id)
		}
	}
	return out, lines.Err()
}

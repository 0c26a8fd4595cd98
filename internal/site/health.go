package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"greenroom/internal/config"
	"greenroom/internal/db"
	"greenroom/internal/event"
)

// Store is what is known of the disk without asking the database.
type Store struct {
	DiskFree, DiskAll uint64    // bytes where the data folder lies; both 0 where that cannot be known
	LogBytes          int64     // SQLite: the log beside the database file
	BackupAt          time.Time // of the last backup by this node; zero: none is known
	BackupRows        int64
	BackupBytes       int64
}

// Low says whether less than 15 % of the disk is free.
func (s Store) Low() bool { return s.DiskAll > 0 && s.DiskFree*100 < s.DiskAll*15 }

// Store looks at the disk.
func (s *Service) Store(context.Context) (Store, error) {
	var out Store
	var err error
	if out.DiskFree, out.DiskAll, err = disk(existing(s.opts.Data)); err != nil {
		return out, fmt.Errorf("look at the disk: %w", err)
	}
	if s.opts.SQLite != "" {
		if st, err := os.Stat(s.opts.SQLite + "-wal"); err == nil {
			out.LogBytes = st.Size()
		}
	}
	raw, err := os.ReadFile(filepath.Join(s.opts.Data, config.BackupNote))
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("look for the last backup: %w", err)
	}
	var note struct {
		At          time.Time
		Rows, Bytes int64
	}
	if err := json.Unmarshal(raw, &note); err != nil {
		return out, fmt.Errorf("look for the last backup: %w", err)
	}
	out.BackupAt, out.BackupRows, out.BackupBytes = note.At, note.Rows, note.Bytes
	return out, nil
}

// existing is the folder itself, or the nearest one above it that there is.
func existing(path string) string {
	for path != "" && path != "." && path != string(filepath.Separator) {
		if _, err := os.Stat(path); err == nil {
			return path
		}
		path = filepath.Dir(path)
	}
	return "."
}

// Health is how the site is, at one look.
type Health struct {
	Version  string
	Since    time.Time // when this node started
	Database db.About
	Store    Store
	Facts    event.Status
	Mail     Letters
	SignedIn int // sessions that have not ended
}

// Letters is the state of the mail queue.
type Letters struct {
	Development   bool // no mail server: letters stay in the site's mailbox
	Waiting, Dead int
	Oldest        time.Time // of those that wait; zero: none does
}

// Health asks everybody. It costs about ten short queries.
func (s *Service) Health(ctx context.Context) (Health, error) {
	h := Health{Version: s.opts.Version, Since: s.started, Mail: Letters{Development: s.mail.Development()}}
	var err error
	if h.Database, err = db.Describe(ctx, s.db); err != nil {
		return h, err
	}
	if h.Store, err = s.Store(ctx); err != nil {
		return h, err
	}
	if h.Facts, err = s.events.Status(ctx); err != nil {
		return h, err
	}
	if h.Mail.Waiting, h.Mail.Dead, err = s.mail.Status(ctx); err != nil {
		return h, err
	}
	if h.Mail.Oldest, err = s.mail.Oldest(ctx); err != nil {
		return h, err
	}
	h.SignedIn, err = s.accounts.SignedIn(ctx)
	return h, err
}

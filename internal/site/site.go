// Package site is the site as a thing of its own: how it is, how it looks, and what its administrators do about it.
//
//	site.go    Service
//	look.go    the site's name and colours
//	sheet.go   what its colours make of the product's, and whether all of it can be read
//	colour.go  mixing and contrast
//	jobs.go    reactors and letters that went wrong
//	health.go  database, disk, mail, facts, backups: in one look
//	disk_*.go  how full the disk is
//
// What concerns one person is internal/account's and internal/access's business. Every act here is in the audit log.
package site

import (
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/event"
	"greenroom/internal/mail"
)

// Options are what the service needs to know about where it runs.
type Options struct {
	Version string // of the program
	Data    string // the data folder
	SQLite  string // file of the database; "" for PostgreSQL
	Now     func() time.Time
	Log     *slog.Logger
}

// Service looks after the site. It is safe for use by many goroutines.
type Service struct {
	db       *bun.DB
	events   *event.Dispatcher
	mail     *mail.Service
	accounts *account.Service
	opts     Options
	now      func() time.Time
	started  time.Time
	look     lookCache
}

// New makes the service.
func New(d *bun.DB, e *event.Dispatcher, m *mail.Service, a *account.Service, o Options) *Service {
	now := func() time.Time { return o.Now().UTC().Truncate(time.Microsecond) }
	return &Service{db: d, events: e, mail: m, accounts: a, opts: o, now: now, started: now()}
}

package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/uptrace/bun/driver/pgdriver"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"greenroom/internal/fault"
)

// Err translates what the drivers say into faults: no row is NotFound, a broken uniqueness is Conflict, a
// database that is away or overloaded is Unavailable. Faults and all other errors pass unchanged.
func Err(err error) error {
	switch {
	case err == nil, fault.From(err) != nil:
		return err
	case errors.Is(err, sql.ErrNoRows):
		return fault.New(fault.NotFound, "error.not_found").Because(err)
	}
	var pg pgdriver.Error
	if errors.As(err, &pg) {
		switch pg.Field('C') {
		case "23505":
			return fault.New(fault.Conflict, "error.conflict").Because(err)
		case "53300", "53200", "57P01", "57P02", "57P03", "57014", "40001", "40P01", "55P03":
			return fault.New(fault.Unavailable, "error.unavailable").Because(err)
		}
		return err
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return fault.New(fault.Conflict, "error.conflict").Because(err)
		}
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR:
			return fault.New(fault.Unavailable, "error.unavailable").Because(err)
		}
		return err
	}
	if away(err) {
		return fault.New(fault.Unavailable, "error.unavailable").Because(err)
	}
	return err
}

// away says whether err means that the database could not be reached or stopped answering.
func away(err error) bool {
	var n net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, sql.ErrConnDone) || (errors.As(err, &n) && !errors.Is(err, context.Canceled))
}

// unknown is the third outcome: COMMIT was sent and no answer came, so it may have happened. Forms carry a client
// id or repeat harmlessly, so people are told to press again.
func unknown(err error) error {
	if t := Err(err); fault.From(t) != nil {
		return t
	}
	return fault.New(fault.Unavailable, "error.unavailable").Because(err)
}

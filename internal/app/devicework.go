package app

import (
	"context"
	"time"

	"greenroom/internal/record"
	"greenroom/internal/room"
)

// deviceWork counts what somebody without an account has done on a device: steps, and workshops that they were in.
type deviceWork struct {
	records *record.Service
	rooms   *room.Service
}

// Summary is account.Summarizer.
func (w deviceWork) Summary(ctx context.Context, personID string) (int, time.Time, error) {
	steps, last, err := w.records.Summary(ctx, personID)
	if err != nil {
		return 0, last, err
	}
	rooms, seen, err := w.rooms.Been(ctx, personID)
	if seen.After(last) {
		last = seen
	}
	return steps + rooms, last, err
}

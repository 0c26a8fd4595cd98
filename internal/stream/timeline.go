package stream

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// timelines is the counter whose head is the database's timeline, as it was seen last. It has no events.
const timelines = "timeline"

// lookEvery is between looks at the timeline.
const lookEvery = 10 * time.Second

// Run looks until ctx ends whether the database is another one now: a standby that took over may not have had the last events,
// and gives their numbers to others. It returns at once where there is one history only.
func (s *Service) Run(ctx context.Context, log *slog.Logger) error {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for told := false; ; {
		n, err := db.Timeline(ctx, s.db)
		if err == nil && n == 0 {
			return nil
		}
		another := false
		if err == nil {
			another, err = s.OnTimeline(ctx, n)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !told: // the database is away, or does not say
			log.Warn("streams: the database's timeline was not looked at", "error", err.Error())
		case another:
			log.Warn("streams: the database has taken another history up, open pages load again", "timeline", n)
		}
		told = err != nil
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

// OnTimeline says whether the database's timeline is another one than when this was asked last, by any node. All epochs have
// risen then, once, and readers are rung for.
func (s *Service) OnTimeline(ctx context.Context, n int64) (another bool, err error) {
	was, _, err := s.Head(ctx, timelines)
	if err != nil || was == n {
		return false, err
	}
	if was == 0 {
		_, err := s.db.NewInsert().Model(&counter{ID: timelines, Head: n, Epoch: 1}).On("CONFLICT DO NOTHING").Exec(ctx)
		return false, db.Err(err)
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewUpdate().Model((*counter)(nil)).Set("head = ?", n).Where("id = ?", timelines).Where("head = ?", was).Exec(ctx)
		if err != nil {
			return fmt.Errorf("note the timeline: %w", db.Err(err))
		}
		rows, err := res.RowsAffected()
		if err != nil || rows == 0 { // another node did
			return err
		}
		another = true
		db.AfterCommit(ctx, func() { s.bell.Ring(Hint{}) })
		return Restored(ctx, tx)
	})
	return another && err == nil, err
}

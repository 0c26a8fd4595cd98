package moderation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// Line is one line of the log; table moderation_log. It names nobody but by id, so that it can be kept for ever.
type Line struct {
	bun.BaseModel `bun:"table:moderation_log,alias:l"`

	Seq                                       int64 `bun:",pk"`
	At                                        time.Time
	Actor, Action, CaseID, PostID, DeliveryID string
	Detail                                    string // JSON
	Previous, Seal                            string
}

// seal is the SHA-256 over the line and the seal before it, hexadecimal: each field with its length, in the order of the
// table.
func (l *Line) seal() string {
	h := sha256.New()
	for _, f := range []string{
		strconv.FormatInt(l.Seq, 10), l.At.UTC().Format(time.RFC3339Nano), l.Actor, l.Action, l.CaseID, l.PostID, l.DeliveryID, l.Detail, l.Previous,
	} {
		fmt.Fprintf(h, "%d:%s", len(f), f)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// log appends a line, in the transaction. Lines get their numbers one after the other.
func (s *Service) log(ctx context.Context, tx bun.IDB, l Line, detail map[string]any) error {
	if err := db.Lock(ctx, tx, "moderation-log"); err != nil {
		return err
	}
	var last []Line
	if err := tx.NewSelect().Model(&last).Column("seq", "seal").OrderExpr("l.seq DESC").Limit(1).Scan(ctx); err != nil {
		return fmt.Errorf("the newest line of the log: %w", db.Err(err))
	}
	l.Seq, l.At, l.Detail = 1, s.clock(), "{}"
	if len(last) > 0 {
		l.Seq, l.Previous = last[0].Seq+1, last[0].Seal
	}
	if len(detail) > 0 {
		raw, err := json.Marshal(detail)
		if err != nil {
			return fmt.Errorf("detail of the log: %w", err)
		}
		l.Detail = string(raw)
	}
	l.Seal = l.seal()
	if _, err := tx.NewInsert().Model(&l).Exec(ctx); err != nil {
		return fmt.Errorf("append to the log: %w", db.Err(err))
	}
	return nil
}

// Note appends a line of somebody else's to the log, in the transaction: of what else must not be changed afterwards. Detail names nobody
// and holds nothing of what people wrote.
func (s *Service) Note(ctx context.Context, tx bun.IDB, l Line, detail map[string]any) error {
	return s.log(ctx, tx, l, detail)
}

// Broken is a place at which the log was changed.
type Broken struct {
	Seq int64
	Why string // "gap", "previous" or "seal"
}

// Error says where.
func (b *Broken) Error() string { return fmt.Sprintf("moderation log: line %d: %s", b.Seq, b.Why) }

// Lines gives every line of the log to fn, the oldest first, and returns *Broken at the first that is not sealed by the
// one before it.
func (s *Service) Lines(ctx context.Context, fn func(*Line) error) error {
	var at int64
	previous := ""
	for {
		var some []Line
		if err := s.db.NewSelect().Model(&some).Where("l.seq > ?", at).OrderExpr("l.seq").Limit(500).Scan(ctx); err != nil {
			return fmt.Errorf("read the log: %w", db.Err(err))
		}
		for i := range some {
			l := &some[i]
			switch {
			case l.Seq != at+1:
				return &Broken{l.Seq, "gap"}
			case l.Previous != previous:
				return &Broken{l.Seq, "previous"}
			case l.Seal != l.seal():
				return &Broken{l.Seq, "seal"}
			}
			at, previous = l.Seq, l.Seal
			if err := fn(l); err != nil {
				return err
			}
		}
		if len(some) < 500 {
			return nil
		}
	}
}

// Verify looks through the whole log and returns its length, and where it was changed, or nil.
func (s *Service) Verify(ctx context.Context) (n int64, broken *Broken, err error) {
	err = s.Lines(ctx, func(*Line) error { n++; return nil })
	if errors.As(err, &broken) {
		return n, broken, nil
	}
	return n, nil, err
}

// OfCase are the lines about one case, the oldest first.
func (s *Service) OfCase(ctx context.Context, caseID string) ([]Line, error) {
	var all []Line
	err := s.db.NewSelect().Model(&all).Where("l.case_id = ?", caseID).OrderExpr("l.seq").Limit(200).Scan(ctx)
	return all, db.Err(err)
}

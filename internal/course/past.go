package course

import (
	"context"
	"time"

	"greenroom/internal/db"
)

// Past is one published revision of a course.
type Past struct {
	Hash        string
	PublishedAt time.Time // when it was published first
}

// Past returns the revisions of a course, the newest first, limit at most; none when there is no such course. The
// current one need not be the first: an older state may have been published again.
func (s *Service) Past(ctx context.Context, key string, limit int64) ([]Past, error) {
	var rows []revisionRow
	err := s.db.NewSelect().Model(&rows).Column("hash", "published_at").Where("course_key = ?", key).
		OrderExpr("published_at DESC, hash").Limit(limit).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	out := make([]Past, len(rows))
	for i, r := range rows {
		out[i] = Past{r.Hash, r.PublishedAt.UTC()}
	}
	return out, nil
}

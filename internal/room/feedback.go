package room

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/words"
)

// Bounds of feedback.
const (
	FeedbackDays = 14 // after the end in which it is taken
	MaxRating    = 5
	MaxRemark    = 600 // characters
)

// Questions are what feedback asks, each from 1 to MaxRating. Message keys and columns of tables are made of them.
var Questions = []string{"useful", "part"}

// Feedback is the form: the ratings as typed, by question, and a remark that may be empty.
type Feedback struct {
	Ratings map[string]string
	Remark  string
}

// Said is what people have said of a workshop. Below FewVotes only how many is told: the rest would lead to somebody.
type Said struct {
	N       int
	Ratings map[string][]int // by question: how many gave 1, 2, …
	Remarks []string         // in no order
}

type given struct {
	bun.BaseModel `bun:"table:room_feedback,alias:room_feedback"`

	RoomID        string `bun:",pk"`
	ParticipantID string `bun:",pk"`
}

type rating struct {
	bun.BaseModel `bun:"table:room_rating,alias:room_rating"`

	RoomID   string `bun:",pk"`
	Question string `bun:",pk"`
	Value    int    `bun:",pk"`
	N        int
}

type remark struct {
	bun.BaseModel `bun:"table:room_remark,alias:room_remark"`

	ID     string `bun:",pk"`
	RoomID string
	Body   string
}

// asks says whether a participant may give feedback now: once, when the room is over, for FeedbackDays.
func (s *Service) asks(ctx context.Context, tx bun.IDB, r *Room, me *Participant) (bool, error) {
	if r.State != Ended || s.Now().Sub(r.EndedAt) > FeedbackDays*24*time.Hour {
		return false, nil
	}
	there, err := tx.NewSelect().Model(&given{RoomID: r.ID, ParticipantID: me.ID}).WherePK().Exists(ctx)
	return !there, db.Err(err)
}

// CheckFeedback returns the ratings, or what has to be mended; fields "useful", "part", "remark".
func CheckFeedback(f Feedback) (map[string]int, error) {
	var wrong fault.Fields
	out := map[string]int{}
	for _, q := range Questions {
		n, err := strconv.Atoi(strings.TrimSpace(f.Ratings[q]))
		if err != nil || n < 1 || n > MaxRating {
			wrong.Add(q, "room.err.rate."+q, "Max", MaxRating)
		}
		out[q] = n
	}
	checkText(&wrong, "remark", words.Clean(f.Remark, false), MaxRemark, false)
	return out, wrong.Err()
}

// GiveFeedback takes what a participant says of the workshop. It counts once; a second is passed over. It is a Conflict
// before the end, and when FeedbackDays are over.
func (s *Service) GiveFeedback(ctx context.Context, personID, code string, f Feedback) error {
	ratings, err := CheckFeedback(f)
	if err != nil {
		return err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, me, err := inRoom(ctx, tx, personID, code)
		if err != nil {
			return err
		}
		if err := db.Lock(ctx, tx, "room-feedback:"+r.ID); err != nil {
			return err
		}
		there, err := tx.NewSelect().Model(&given{RoomID: r.ID, ParticipantID: me.ID}).WherePK().Exists(ctx)
		if err != nil || there {
			return db.Err(err)
		}
		if ok, err := s.asks(ctx, tx, r, me); err != nil || !ok {
			if err == nil {
				err = fault.New(fault.Conflict, "room.err.feedback_over")
			}
			return err
		}
		return keep(ctx, tx, r.ID, me.ID, ratings, words.Clean(f.Remark, false))
	})
	if err != nil {
		return fmt.Errorf("feedback on the room: %w", err)
	}
	return nil
}

// keep adds one answer. Who has answered, and the remarks, are written anew in no order, so that neither the order of rows nor
// which transaction touched one leads from a remark to a person (see the package's comment).
func keep(ctx context.Context, tx bun.IDB, roomID, participantID string, ratings map[string]int, body string) error {
	for _, q := range Questions {
		_, err := tx.NewInsert().Model(&rating{RoomID: roomID, Question: q, Value: ratings[q], N: 1}).
			On("CONFLICT (room_id, question, value) DO UPDATE").Set("n = room_rating.n + 1").Exec(ctx)
		if err != nil {
			return db.Err(err)
		}
	}
	who, said := []given{}, []remark{}
	if err := tx.NewSelect().Model(&who).Where("room_id = ?", roomID).Scan(ctx); err != nil {
		return db.Err(err)
	}
	if err := tx.NewSelect().Model(&said).Where("room_id = ?", roomID).Scan(ctx); err != nil {
		return db.Err(err)
	}
	who = append(who, given{RoomID: roomID, ParticipantID: participantID})
	if body != "" {
		said = append(said, remark{ID: id.Token(), RoomID: roomID, Body: body})
	}
	if err := anew(ctx, tx, roomID, who); err != nil {
		return err
	}
	return anew(ctx, tx, roomID, said)
}

// anew writes a room's rows of a table anew, in no order.
func anew[row given | remark](ctx context.Context, tx bun.IDB, roomID string, rows []row) error {
	if _, err := tx.NewDelete().Model((*row)(nil)).Where("room_id = ?", roomID).Exec(ctx); err != nil {
		return db.Err(err)
	}
	rand.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
	for part := range slices.Chunk(rows, atOnce) {
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return db.Err(err)
		}
	}
	return nil
}

// Said reads the feedback for a host of the room.
func (s *Service) Said(ctx context.Context, actor *account.Person, roomID string) (*Said, error) {
	if err := mayHost(ctx, s.db, actor, roomID); err != nil {
		return nil, err
	}
	n, err := s.db.NewSelect().Model((*given)(nil)).Where("room_id = ?", roomID).Count(ctx)
	out := &Said{N: int(n)}
	if err != nil || out.N < FewVotes {
		return out, db.Err(err)
	}
	var ratings []rating
	if err := s.db.NewSelect().Model(&ratings).Where("room_id = ?", roomID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	out.Ratings = map[string][]int{}
	for _, q := range Questions {
		out.Ratings[q] = make([]int, MaxRating)
	}
	for _, x := range ratings {
		if of := out.Ratings[x.Question]; of != nil && x.Value <= len(of) {
			of[x.Value-1] = x.N
		}
	}
	err = s.db.NewSelect().Model((*remark)(nil)).Column("body").Where("room_id = ?", roomID).OrderExpr("id").Scan(ctx, &out.Remarks)
	return out, db.Err(err)
}

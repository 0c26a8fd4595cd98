package situation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"greenroom/internal/db"
)

type exported struct {
	Written []exportedText   `json:"written"`
	Reviews []exportedReview `json:"reviews_of_others"`
	Played  []string         `json:"played_at"`
}

type exportedText struct {
	Course    string           `json:"course"`
	Saved     string           `json:"saved_at"`
	State     string           `json:"state"`
	Named     bool             `json:"shown_with_name"`
	MayAdopt  bool             `json:"course_may_keep_it"`
	GivenBack string           `json:"given_back,omitempty"`
	Form      json.RawMessage  `json:"answers"`
	Shared    json.RawMessage  `json:"as_shared,omitempty"`
	Reviews   []exportedReview `json:"reviews"`
}

type exportedReview struct {
	Kind    string          `json:"kind"`
	Marks   json.RawMessage `json:"marks"`
	Comment string          `json:"comment,omitempty"`
	At      string          `json:"at"`
}

// Export gives what a person wrote, what others thought of it, and what they thought of others'. Who deletes their account
// takes all of it along: the rows hang on theirs; reviews of others stay, without a name.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	out := exported{Written: []exportedText{}, Reviews: []exportedReview{}, Played: []string{}}
	var all []Situation
	if err := full(s.db.NewSelect().Model(&all)).Where("u.person_id = ?", personID).OrderExpr("u.created_at, u.id").Scan(ctx); err != nil {
		return "", nil, fmt.Errorf("export situations: %w", db.Err(err))
	}
	var got []Review
	if err := s.db.NewSelect().Model(&got).Join("JOIN situation AS u ON u.id = v.situation_id").Where("u.person_id = ?", personID).
		OrderExpr("v.done_at, v.id").Scan(ctx); err != nil {
		return "", nil, fmt.Errorf("export reviews of situations: %w", db.Err(err))
	}
	of := map[string][]exportedReview{}
	for _, r := range got {
		of[r.SituationID] = append(of[r.SituationID], r.export())
	}
	for i := range all {
		u := &all[i]
		x := exportedText{
			Course: u.CourseKey, Saved: u.SavedAt.UTC().Format(time.RFC3339), State: u.State(), Named: u.Named, MayAdopt: u.MayAdopt,
			GivenBack: u.GivenBack, Form: json.RawMessage(u.Body), Reviews: of[u.ID],
		}
		if u.Shared != "" {
			x.Shared = json.RawMessage(u.Shared)
		}
		out.Written = append(out.Written, x)
	}
	var given []Review
	if err := s.db.NewSelect().Model(&given).Where("v.reviewer_id = ?", personID).OrderExpr("v.done_at, v.id").Scan(ctx); err != nil {
		return "", nil, fmt.Errorf("export reviews of situations: %w", db.Err(err))
	}
	for _, r := range given {
		out.Reviews = append(out.Reviews, r.export())
	}
	var played []Played
	if err := s.db.NewSelect().Model(&played).Where("y.person_id = ?", personID).OrderExpr("y.played_at, y.situation_id").Scan(ctx); err != nil {
		return "", nil, fmt.Errorf("export what was played: %w", db.Err(err))
	}
	for _, y := range played {
		out.Played = append(out.Played, y.PlayedAt.UTC().Format(time.RFC3339))
	}
	return "situations", out, nil
}

func (r *Review) export() exportedReview {
	return exportedReview{Kind: r.Kind, Marks: json.RawMessage(r.Marks), Comment: r.Comment, At: r.DoneAt.UTC().Format(time.RFC3339)}
}

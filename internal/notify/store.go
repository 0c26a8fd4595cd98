package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

type sent struct {
	bun.BaseModel `bun:"table:notify_sent,alias:ns"`

	PersonID string    `bun:",pk" json:"-"`
	Letter   string    `bun:",pk" json:"letter"`
	At       time.Time `json:"at"`
}

// choices returns what each of the people wants; who chose nothing gets the usual.
func choices(ctx context.Context, tx bun.IDB, people []string) (map[string]Choice, error) {
	out := make(map[string]Choice, len(people))
	if len(people) == 0 {
		return out, nil
	}
	var rows []Choice
	if err := tx.NewSelect().Model(&rows).Where("nc.person_id IN (?)", bun.List(people)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("choices about mail: %w", err)
	}
	for _, id := range people {
		out[id] = usual(id)
	}
	for _, r := range rows {
		out[r.PersonID] = r
	}
	return out, nil
}

func saveChoice(ctx context.Context, tx bun.IDB, c *Choice) error {
	_, err := tx.NewInsert().Model(c).On("CONFLICT (person_id) DO UPDATE").Set("weekly = EXCLUDED.weekly").
		Set("announcements = EXCLUDED.announcements").Set("discussion = EXCLUDED.discussion").Set("updated_at = EXCLUDED.updated_at").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save choice about mail: %w", err)
	}
	return nil
}

// note writes a letter's name down and says whether it is new. Of two at once the second waits and is told no.
func note(ctx context.Context, tx bun.IDB, personID, name string, at time.Time) (bool, error) {
	res, err := tx.NewInsert().Model(&sent{PersonID: personID, Letter: name, At: at}).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("note a letter: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// had says which of the letters each of the people had.
func had(ctx context.Context, tx bun.IDB, people, names []string) (map[[2]string]bool, error) {
	out := map[[2]string]bool{}
	if len(people) == 0 || len(names) == 0 {
		return out, nil
	}
	var rows []sent
	err := tx.NewSelect().Model(&rows).Where("ns.person_id IN (?)", bun.List(people)).Where("ns.letter IN (?)", bun.List(names)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("letters that were sent: %w", err)
	}
	for _, r := range rows {
		out[[2]string{r.PersonID, r.Letter}] = true
	}
	return out, nil
}

func sentTo(ctx context.Context, tx bun.IDB, personID string) ([]sent, error) {
	rows := []sent{}
	if err := tx.NewSelect().Model(&rows).Where("ns.person_id = ?", personID).Order("ns.at").Scan(ctx); err != nil {
		return nil, fmt.Errorf("letters to a person: %w", err)
	}
	return rows, nil
}

// forget removes names that nothing asks for any more.
func forget(ctx context.Context, tx bun.IDB, before time.Time) error {
	if _, err := tx.NewDelete().Model((*sent)(nil)).Where("at < ?", before).Exec(ctx); err != nil {
		return fmt.Errorf("forget letters: %w", err)
	}
	return nil
}

package db

import (
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"
)

// maxWords is how many words a search looks for.
const maxWords = 8

// Matches narrows a query to rows whose column holds what somebody searches for. On PostgreSQL words are found in all
// their forms, quotation marks hold words together and a minus leaves one out; the index is over
// to_tsvector('english', column). SQLite looks for rows that hold all the words, or their beginnings, as typed. An
// empty search finds nothing.
func Matches(q *bun.SelectQuery, column, search string) *bun.SelectQuery {
	words := strings.Fields(search)
	if len(words) == 0 {
		return q.Where("1 = 0")
	}
	if !isSQLite(q.DB()) {
		return q.Where("to_tsvector('english', "+column+") @@ websearch_to_tsquery('english', ?)", search)
	}
	for i, w := range words {
		if i == maxWords {
			break
		}
		w = strings.Trim(w, `"'.,;:?!()`)
		if utf8.RuneCountInString(w) == 0 {
			continue
		}
		q = q.Where("lower("+column+") LIKE ? ESCAPE '!'", "%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(w))+"%")
	}
	return q
}

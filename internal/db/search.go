package db

import (
	"slices"
	"strings"
	"unicode"

	"github.com/uptrace/bun"
)

// TextIndex is where the words of a table's texts are found. PostgreSQL has an index over to_tsvector('english', Column);
// SQLite has the FTS5 table Words with the columns post_id and body, which triggers keep. Key is the row's id in the query.
type TextIndex struct{ Column, Key, Words string }

// Matches narrows a query to rows that hold what somebody searches for: all the words, in all their forms, by English
// rules; quotation marks hold words together, a minus leaves a word out, "or" takes either side. Words that every text
// has ("the", "and") are not looked for. A search without words finds nothing.
//
// The databases differ in two things: an unusual form of a word may be found by one and not the other, since each has
// stemming of its own; and within quotation marks SQLite compares "of" and "the" too, where PostgreSQL takes any word.
func Matches(q *bun.SelectQuery, x TextIndex, search string) *bun.SelectQuery {
	if !isSQLite(q.DB()) {
		return q.Where("to_tsvector('english', "+x.Column+") @@ websearch_to_tsquery('english', ?)", search)
	}
	alternatives := parseSearch(search)
	if len(alternatives) == 0 {
		return q.Where("1 = 0")
	}
	in := "(SELECT post_id FROM " + x.Words + " WHERE " + x.Words + " MATCH ?)"
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, a := range alternatives {
			q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
				if len(a.with) > 0 {
					q = q.Where(x.Key+" IN "+in, "body : ("+strings.Join(a.with, " AND ")+")")
				}
				if len(a.without) > 0 {
					q = q.Where(x.Key+" NOT IN "+in, "body : ("+strings.Join(a.without, " OR ")+")")
				}
				return q
			})
		}
		return q
	})
}

// wanted are the phrases, in quotation marks, that a text must and must not have.
type wanted struct{ with, without []string }

// parseSearch reads what somebody typed as websearch_to_tsquery does. Phrases have only letters and digits in them.
func parseSearch(search string) (all []wanted) {
	var now wanted
	next := func() {
		if len(now.with)+len(now.without) > 0 {
			all = append(all, now)
		}
		now = wanted{}
	}
	for search = strings.TrimSpace(search); search != ""; search = strings.TrimSpace(search) {
		minus := strings.HasPrefix(search, "-")
		search = strings.TrimLeft(search, "-")
		var term string
		quoted := strings.HasPrefix(search, `"`)
		if quoted {
			term, search, _ = strings.Cut(search[1:], `"`)
		} else if i := strings.IndexFunc(search, func(r rune) bool { return unicode.IsSpace(r) || r == '"' }); i >= 0 {
			term, search = search[:i], search[i:]
		} else {
			term, search = search, ""
		}
		if !quoted && !minus && strings.EqualFold(term, "or") {
			next()
			continue
		}
		switch p := phrase(term); {
		case p == "":
		case minus:
			now.without = append(now.without, p)
		default:
			now.with = append(now.with, p)
		}
	}
	next()
	return all
}

// phrase is the words of a term in quotation marks, without common ones at its ends; "" where nothing is left.
func phrase(term string) string {
	words := strings.FieldsFunc(strings.ToLower(term), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	for len(words) > 0 && common(words[0]) {
		words = words[1:]
	}
	for len(words) > 0 && common(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return ""
	}
	return `"` + strings.Join(words, " ") + `"`
}

// commonWords are those that PostgreSQL's English does not look for.
var commonWords = strings.Fields(`a about above after again against all am an and any are as at be because been before being below between both but by
	can did do does doing don down during each few for from further had has have having he her here hers herself him himself his how i if in into is it
	its itself just me more most my myself no nor not now of off on once only or other our ours ourselves out over own s same she should so some such t
	than that the their theirs them themselves then there these they this those through to too under until up very was we were what when where which
	while who whom why will with you your yours yourself yourselves`)

func common(word string) bool { return slices.Contains(commonWords, word) }

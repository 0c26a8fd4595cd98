package forum_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"greenroom/internal/backup"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/forum"
)

// said are posts by what finds them. The last is longer than an excerpt.
var said = map[string]string{
	"answer":   "We answered the residents' questions within a day.",
	"answers":  "An answer begins with the date; no question stays open.",
	"consult":  "Community-led consultation needs a reply to every idea.",
	"point":    "The point is to view this as a promise.",
	"view":     "From my point of view it is a promise, isn't it?",
	"accent":   "The CAFÉ in Córdoba closes at 5.",
	"long":     strings.Repeat("Nothing to see here. ", 20) + "We were running late.",
	"hostile":  `A "quoted" word, 100% of it, under_score; DROP TABLE forum_words -- ' OR 1=1 *`,
	"numbered": "Section 12A of the 2026 plan.",
}

// searches finds the same posts on both databases: each test of them runs on both.
var searches = map[string][]string{
	"answer":                {"answer", "answers"}, // in all its forms
	"Answering QUESTIONS":   {"answer", "answers"},
	"answer -residents":     {"answers"},
	"answer or café":        {"accent", "answer", "answers"},
	"the answer":            {"answer", "answers"}, // "the" is not looked for
	"resident's":            {"answer"},
	"community-led":         {"consult"},
	"consultation ideas":    {"consult"},
	"consult nothing":       {},
	`"point of view"`:       {"view"},
	`"a promise"`:           {"point", "view"},
	"point view":            {"point", "view"},
	"Café córdoba":          {"accent"},
	"cafe":                  {}, // another word, as accents go
	"run late":              {"long"},
	"promi":                 {}, // a beginning is not a word
	"12a":                   {"numbered"},
	"2026 -plan":            {},
	"quoted 100":            {"hostile"},
	"the of and":            {},
	"":                      {},
	` " `:                   {},
	`"`:                     {},
	"-":                     {},
	"or":                    {},
	`promise" or "date"`:    nil, // whatever comes of it, no error
	"body : answer":         nil,
	"NEAR(answer question)": nil,
	"answer* ^answer":       nil,
	"post_id : 0":           nil,
	"); DROP TABLE person":  nil,
	"a\x01b 漢字 \u0301":      nil,
}

// A search finds what people mean, the same on both databases; and what is found changes with the post, in one transaction.
func TestSearch(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana := w.member("Ana Lopes")
		posts := map[string]*forum.Post{}
		for name, body := range said {
			posts[name] = w.write(ana, forum.General, forum.Text{Title: name, Body: body})
		}
		for q, want := range searches {
			if got := w.find(q); want != nil && !slices.Equal(got, want) {
				t.Errorf("%q finds %v, not %v", q, got, want)
			}
		}
		if _, found, _, err := w.Search(w.ctx, ana, w.cohort.ID, "late running", 1); err != nil || len(found) != 1 || !strings.Contains(found[0].Excerpt, "running late") {
			t.Errorf("an excerpt does not show what was found: %v, %v", found, err)
		}

		w.write(ana, forum.General, forum.Text{Title: "marked", Body: strings.Repeat("Before it was otherwise. ", 9) + "Then **penguins**, [came](https://example.org) > and stayed" + strings.Repeat(" for ever and longer", 20)})
		if _, found, _, err := w.Search(w.ctx, ana, w.cohort.ID, "penguin", 1); err != nil || len(found) != 1 || !strings.HasPrefix(found[0].Excerpt, "… ") ||
			!strings.Contains(found[0].Excerpt, "otherwise. Then penguins, came > and stayed") || strings.HasPrefix(found[0].Excerpt, "… t ") || !strings.HasSuffix(found[0].Excerpt, " …") {
			t.Errorf("an excerpt has markup in it, or halves of words: %v, %v", found, err)
		}

		finds := func(when, q string, want ...string) {
			t.Helper()
			if got := w.find(q); !slices.Equal(got, want) {
				t.Errorf("%s, %q finds %v, not %v", when, q, got, want)
			}
			w.indexed()
		}
		v, th, p, err := w.VisitPost(w.ctx, ana, posts["answer"].ID)
		ok(t, err)
		_, err = w.Edit(w.ctx, v, th, p.ID, forum.Change{Rev: p.Rev, Body: "We helped the residents within a day."})
		ok(t, err)
		finds("after an edit", "answered", "answers")
		finds("after an edit", "helping", "answer")
		w.change(posts["answers"], forum.Hidden, "for the test")
		finds("hidden", "answer")
		w.change(posts["answers"], forum.Visible, "")
		finds("restored", "answer", "answers")
		_, err = d.ExecContext(w.ctx, "UPDATE forum_post SET body = 'The text was taken out.' WHERE id = ?", posts["answers"].ID) // as erasure does
		ok(t, err)
		finds("erased", "answer")
		_, err = d.ExecContext(w.ctx, "DELETE FROM forum_thread WHERE id = ?", posts["view"].ThreadID)
		ok(t, err)
		finds("its thread gone", "promise", "point")
	})
}

// A backup has no index in it: whoever restores it, into either database, finds what there was to find, and no more.
func TestSearchAfterRestore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana := w.member("Ana Lopes")
		w.write(ana, forum.General, forum.Text{Title: "kept", Body: "A zebra crosses."})
		var file bytes.Buffer
		_, err := backup.Write(w.ctx, d, &file, backup.WriteOptions{Program: "v1", Now: w.now})
		ok(t, err)
		w.write(ana, forum.General, forum.Text{Title: "later", Body: "Another zebra."})
		for _, engine := range dbtest.Engines {
			fresh := dbtest.New(t, engine)
			_, err = backup.Restore(context.Background(), fresh, bytes.NewReader(file.Bytes()), backup.RestoreOptions{})
			ok(t, err)
			there := setupOn(t, fresh, w)
			if got := there.find("zebras"); !slices.Equal(got, []string{"kept"}) {
				t.Errorf("restored into %s: %v", engine, got)
			}
			there.indexed()
		}
		_, err = backup.Restore(w.ctx, d, &file, backup.RestoreOptions{Replace: true})
		ok(t, err)
		if got := w.find("zebras"); !slices.Equal(got, []string{"kept"}) {
			t.Errorf("restored in its place: %v", got)
		}
		w.indexed()
	})
}

// setupOn is the same site on another database that has its rows.
func setupOn(t *testing.T, d *bun.DB, of *world) *world {
	t.Helper()
	w := services(t, d)
	w.clock, w.cohort, w.trainer = of.now().Add(time.Hour), of.cohort, of.trainer
	return w
}

// find searches as the trainer does, and names the titles that were found, in order.
func (w *world) find(q string) []string {
	w.t.Helper()
	out := []string{}
	_, found, n, err := w.Search(w.ctx, w.trainer, w.cohort.ID, q, 1)
	if err != nil {
		w.t.Errorf("%q: %v", q, err)
	}
	for _, f := range found {
		out = append(out, f.Title)
	}
	if n != len(out) {
		w.t.Errorf("%q: counts %d, shows %d", q, n, len(out))
	}
	slices.Sort(out)
	return out
}

// indexed looks that the index of SQLite has each post once, holds no word of another text and forgets words for good.
func (w *world) indexed() {
	w.t.Helper()
	if w.d.Dialect().Name() != dialect.SQLite {
		return
	}
	if _, err := w.d.ExecContext(w.ctx, "INSERT INTO forum_words (forum_words, rank) VALUES ('integrity-check', 1)"); err != nil {
		w.t.Errorf("the index of words: %v", err)
	}
	if n := w.count("forum_post AS q LEFT JOIN forum_words AS x ON x.post_id = q.id AND x.body = q.body WHERE x.post_id IS NULL"); n != 0 {
		w.t.Errorf("%d posts are not in the index", n)
	}
	if posts, rows := w.count("forum_post"), w.count("forum_words"); posts != rows {
		w.t.Errorf("%d posts, %d in the index", posts, rows)
	}
	if w.count("forum_words_config WHERE k = 'secure-delete' AND v = 1") != 1 {
		w.t.Error("the index keeps words that were deleted")
	}
}

// Package reflection is the kind of activity in which a learner writes a private text and then compares it with a
// model answer.
//
//	reflection.go  the package's map, types, rules
//	parse.go       course.Kind: reads and checks a file
//	service.go     Service: save, submit, go back to an older text
//	store.go       SQL
//	claim.go       a guest's texts become a person's; export of a person's texts
//
// A text belongs to the one who wrote it. Nobody else can read it: every function that reads asks for the person,
// and there is none that reads across people.
//
// Nothing typed is lost: a text that is replaced is kept when much of it goes (package draft), one that is
// submitted is kept for good, and one that comes from a page which another device has overtaken is put aside
// until its writer has chosen.
package reflection

import (
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/draft"
	"greenroom/internal/markdown"
	"greenroom/internal/words"
)

// MaxText is the number of characters that a text may have. Its hint is the word range, which is far below it.
const MaxText = 20000

// Content is what one reflection asks. It is read from a course's file and never changed.
type Content struct {
	Prompt   markdown.HTML
	Min, Max int // words
	Starters []string
	Model    markdown.HTML // the model answer
}

// InRange says whether a text of n words completes the reflection.
func (c *Content) InRange(n int) bool { return c.Min <= n && n <= c.Max }

// Reflection is what one person has written for one activity.
type Reflection struct {
	bun.BaseModel `bun:"table:reflection,alias:r"`

	ID           string `bun:",pk"`
	PersonID     string
	CourseKey    string
	ActivityKey  string
	RevisionHash string // the revision it was last written in
	Body         string // the text as it stands
	Words        int
	Answer       string     // the text as last submitted; "" before
	SubmittedAt  *time.Time // first; nil before
	draft.Stamp
	CreatedAt time.Time
	SavedAt   time.Time
	KeptAt    time.Time // when an older text was last kept
}

// Submitted says whether an answer has been given, so that the model answer may be seen.
func (r *Reflection) Submitted() bool { return r != nil && r.SubmittedAt != nil }

// Changed says whether the text has changed since it was submitted.
func (r *Reflection) Changed() bool { return r.Submitted() && r.Body != r.Answer }

// Why an older text was kept.
const (
	WhySubmitted = "submitted" // it was submitted then
	WhyReplaced  = "replaced"  // a newer one took its place
	WhyClash     = "clash"     // it came from a page that another device had overtaken
	WhyClaimed   = "claimed"   // the account and the device each had one
)

// Kept is an older text.
type Kept struct {
	bun.BaseModel `bun:"table:reflection_kept,alias:k"`

	ID           string `bun:",pk"`
	ReflectionID string
	Why          string
	Body         string
	Words        int
	Page         string
	At           time.Time
}

// Tidy makes line ends one kind and takes white space off both ends, so that what a browser sends and what was
// typed are the same text.
func Tidy(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// Count counts the words of a text as the page does.
func Count(s string) int { return words.Count(s) }

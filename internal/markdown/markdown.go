package markdown

// Labels are the words that rendered text needs, in the text's language.
type Labels struct {
	Note, Tip, Caution, Term, Story, Case, Example, Myth string // callouts without a title of their own
	Try, Answer                                          string // the kicker of a try-first question; what opens its answer
	Table, Transcript, Footnotes                         string
	Back                                                 string // from a footnote to its place
}

// Options are the places where rendered course text meets the course. A nil function refuses what it would answer for.
type Options struct {
	Labels Labels
	Prefix string // for ids; must differ between the texts of one page
	// Link resolves an own link (not https, not mailto). The error is shown to the author.
	Link func(dest string) (href string, err error)
	// Image resolves a picture's path.
	Image func(src string) (url string, err error)
	// Cite resolves the id of a source.
	Cite func(id string) (text, href string, err error)
	// Read returns a file named in a video block: its transcript.
	Read func(path string) ([]byte, error)
}

// Issue is one thing to mend in a text.
type Issue struct {
	Line         int // in the text, from 1
	Warning      bool
	What, Remedy string
}

// Course renders course text: trusted, yet checked and sanitised.
func Course(src string, o Options) (HTML, []Issue) { return "", nil }

// CourseInline renders one paragraph of course text without its p element.
func CourseInline(src string, o Options) (HTML, []Issue) { return "", nil }

// User renders what a learner wrote: no pictures, lowered headings, links marked as not ours.
func User(src string) HTML { return "" }

// Package markdown turns text into markup that is safe to show.
//
// There are two doors. Course renders what an author wrote: CommonMark with tables, footnotes, callouts, figures, films and
// citations; it reports everything that is wrong, with lines, and resolves links and files through the caller. User renders what a
// learner wrote: much less is allowed and nothing is reported. Behind both stands the same last step, a
// sanitiser with our own list of elements (policy.go), so that a fault in front of it cannot become a script.
//
//	parse.go     the dialect: which parsers run, callouts, citations
//	check.go     looks over the tree of a course text: reports and rebuilds
//	resolve.go   pictures, links and citations, through the caller
//	user.go      the same for what learners wrote
//	render.go    our own nodes as HTML
//	policy.go    what may come out
//	read.go      plain text, words, reading level
package markdown

// HTML is markup that came out of this package's sanitiser. Only this package makes it, and only
// ui.HTML writes it to a page unescaped.
type HTML string

// Package gallery shows every part of the kit in every state on one page, so that a change of a style can be
// looked at, and so that tests have something to look at. It is served on development sites only.
package gallery

import (
	"context"
	"io"
	"strconv"

	"github.com/a-h/templ"

	"greenroom/internal/markdown"
	"greenroom/web"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// states of buttons, and what fields look like. The words are samples, so they stand here and not among the
// messages.
type sample struct{ id, title string }

var parts = []sample{
	{"g-type", "Type"}, {"g-colour", "Colours"}, {"g-buttons", "Buttons and links"}, {"g-status", "Tags, progress, status"}, {"g-alerts", "Alerts and empty states"},
	{"g-forms", "Fields"}, {"g-choices", "Choices"}, {"g-order", "Order and match"}, {"g-feedback", "Feedback"}, {"g-cards", "Cards"}, {"g-head", "Heads"},
	{"g-tasks", "Task list and outline"}, {"g-prose", "Prose"}, {"g-tables", "Tables"}, {"g-nav", "Pages and pagers"}, {"g-art", "Drawings and icons"}, {"g-paper", "Paper"},
}

var colours = []string{
	"paper", "surface", "sunken", "ink", "ink-2", "ink-3", "line", "line-strong", "brand", "brand-tint", "brand-line",
	"accent", "accent-tint", "accent-ink", "live", "live-tint", "ok", "ok-tint", "danger", "danger-tint",
}

var arts = []string{"bubbles", "paths", "dots", "door", "waves", "steps"}

func icons() []string { return web.Icons }

// prose is what the Markdown renderer writes, with everything it can write.
const prose markdown.HTML = `
<p class="lede">A claim can reach a whole town before the first phone call is returned.</p>
<p>Your job is not to win the thread. It is to give people something solid to stand on, <strong>and a time</strong> when there will be more <a class="cite" href="#src">(OAIC, 2024)</a>. Numbers like 1,206 and 10:40 pm appear in prose too, and <em>some words</em> lean<sup id="fnref:1"><a href="#fn:1" class="footnote-ref" role="doc-noteref">1</a></sup>.</p>
<h2>What to say in the first hour</h2>
<p>Say what you know, what you are checking, and when you will be back. Then be back.</p>
<ul><li>One sentence of fact.</li><li>One sentence on what is being checked, <ul><li>by whom,</li><li>and how long it usually takes.</li></ul></li><li>The exact time of the next post.</li></ul>
<h3>In this order</h3>
<ol><li>Acknowledge.</li><li>Inform.</li><li>Commit to a time.</li></ol>
<blockquote><p>“We don't know yet whether the gauge was right. The engineers are on the levee now. Next post here at 7:30.”</p></blockquote>
<div class="note" role="note"><p class="note-title">Note</p><p>A plain note sits in the brand's tint.</p></div>
<div class="note note-tip" role="note"><p class="note-title">Tip</p><p>Write the next time into the post itself, so that it survives a screenshot.</p></div>
<div class="note note-caution" role="note"><p class="note-title"><span class="note-kind">Take care:</span> personal details</p><p>Never confirm in public that somebody is a client, even to correct a rumour.</p></div>
<div class="note note-term" role="note"><p class="note-title"><span class="note-kind">Term:</span> holding line</p><p>One or two sentences that say what you know, what you are checking, and when you will be back.</p></div>
<div class="note note-story" role="note"><p class="note-title"><span class="note-kind">Story:</span> the pool that wasn't closed</p><p>On a Thursday evening a photograph of an empty pool went around. By the time the council office opened, four schools had cancelled.</p></div>
<div class="note note-case" role="note"><p class="note-title"><span class="note-kind">Case:</span> Harbour City</p><p>Harbour City has 41,000 residents, one media officer, and a page with 12,800 followers.</p></div>
<div class="note note-example" role="note"><p class="note-title">Example</p><p>“Thanks for asking, Priya. The pool opens at 6 as usual.”</p></div>
<div class="note note-myth" role="note"><p class="note-title"><span class="note-kind">Myth:</span> silence is neutral</p><p>It is read as an answer.</p></div>
<div class="try-first"><p class="kicker">Try first</p><p>Which sentence of the post above would you cut, if you could keep only two?</p><details class="try"><summary>Compare with our answer</summary><p>The middle one. The fact and the time are what people carry away.</p></details></div>
<h3>What people did with it</h3>
<figure class="figure"><svg viewBox="0 0 640 240" role="img" aria-label="Questions fell from 41 to 12 within an hour"><rect x="40" y="20" width="420" height="70" rx="8" fill="#0b5c69"></rect><rect x="40" y="120" width="120" height="70" rx="8" fill="#f4b740"></rect></svg><figcaption>Questions under the post in the hour before (41) and the hour after (12) the holding line. Source: invented for this gallery.</figcaption></figure>
<div class="table-wrap" tabindex="0" role="region" aria-label="Table: Channel, First reply, Who"><table><thead><tr><th>Channel</th><th>First reply within</th><th>Who</th><th class="end">Posts a day</th></tr></thead><tbody><tr><td>Public page</td><td>30 minutes in office hours</td><td>Duty officer</td><td class="end">14</td></tr><tr><td>Private message</td><td>4 hours</td><td>Service desk</td><td class="end">62</td></tr></tbody></table></div>
<p>Write <code>hashtags</code> in capitals at each word: <code>#HarbourCityPool</code>.</p>
<section class="footnotes" role="doc-endnotes"><hr><ol><li id="fn:1"><p>Leaning is rare here. <a href="#fnref:1" class="footnote-backref" role="doc-backlink" aria-label="Back to 1">↩︎</a></p></li></ol></section>
`

// PlayerPage is a step in the frame of the player, out of the same samples.
func PlayerPage(p layout.Page) templ.Component {
	return layout.ReaderPage(p, layout.Reader{
		CourseTitle: "Using social media in the public service", CourseHref: "#", Outline: outline(), Prev: "#", Next: "#",
		Position: "4/17", PositionText: "Step 4 of 17",
	})
}

// Player is PlayerPage with a step in it.
func Player(p layout.Page) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return PlayerPage(p).Render(templ.WithChildren(ctx, step()), w)
	})
}

func pageNav(page, pages int) ui.PageNav {
	return ui.PageNav{Page: page, Pages: pages, Href: func(n int) string { return "?page=" + strconv.Itoa(n) }}
}

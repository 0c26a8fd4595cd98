package markdown_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"greenroom/internal/markdown"
)

func options() markdown.Options {
	return markdown.Options{
		Labels: markdown.Labels{Note: "Note", Tip: "Tip", Caution: "Take care", Term: "Key term", Story: "Story", Case: "Case study", Example: "Example",
			Myth: "Common mistake", Try: "Try first", Answer: "Show an answer", Table: "Table", Transcript: "Transcript", Captions: "Captions", Back: "Back to note"},
		Lang: "en-AU",
		Link: func(dest string) (string, error) {
			if dest == "step.md" {
				return "/courses/a/b/c", nil
			}
			return "", fmt.Errorf("the link %q leads to no file", dest)
		},
		Media: func(path, want string) (markdown.Media, error) {
			if strings.HasPrefix(path, "media/") {
				return markdown.Media{URL: "/m/" + path, Width: 40, Height: 20}, nil
			}
			return markdown.Media{}, errors.New("there is no file")
		},
		Cite: func(id string) (string, string, error) {
			switch id {
			case "S1":
				return "An office, 2021", "https://example.org/a?b=1&c=2", nil
			case "S2":
				return "A book", "", nil
			}
			return "", "", errors.New("there is no source")
		},
		Transcript: func(string) (markdown.HTML, error) { return "<p>Said.</p>\n", nil },
	}
}

func TestCourse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"heading", "## Why *it* matters", `<h2 id="h-why-it-matters">Why <em>it</em> matters</h2>`},
		{"two alike", "## A\n\n## A", "<h2 id=\"h-a\">A</h2>\n<h2 id=\"h-a-2\">A</h2>"},
		{"jump to a heading", "## A b\n\n[up](#a-b)", "<h2 id=\"h-a-b\">A b</h2>\n<p><a href=\"#h-a-b\">up</a></p>"},
		{"rule under a text", "a\n---\nb", "<p>a</p>\n<hr>\n<p>b</p>"},
		{"own link", "[on](step.md)", `<p><a href="/courses/a/b/c">on</a></p>`},
		{"outside", "[out](https://example.org/x?a=1&b=2)", `<p><a href="https://example.org/x?a=1&amp;b=2" rel="nofollow noopener">out</a></p>`},
		{"autolink", "https://example.org/a_b_c", `<p><a href="https://example.org/a_b_c" rel="nofollow noopener">https://example.org/a_b_c</a></p>`},
		{"mail", "<help@example.org>", `<p><a href="mailto:help@example.org">help@example.org</a></p>`},
		{"plain www", "www.example.org", `<p>www.example.org</p>`},
		{"cite", "So [@S1].", `<p>So <a href="https://example.org/a?b=1&amp;c=2" class="cite" rel="nofollow noopener">(An office, 2021)</a>.</p>`},
		{"cite a book", "So [@S2].", `<p>So <span class="cite">(A book)</span>.</p>`},
		{"callout", "> [!TIP]\n> Be *kind*", "<div class=\"note note-tip\" role=\"note\">\n<p class=\"note-title\">Tip</p>\n<p>Be <em>kind</em></p>\n</div>"},
		{"callout with title", "> [!case] Floods, *2011*\n>\n> x", "<div class=\"note note-case\" role=\"note\">\n<p class=\"note-title\"><span class=\"note-kind\">Case study:</span> Floods, <em>2011</em></p>\n<p>x</p>\n</div>"},
		{"plain quotation", "> so\n", "<blockquote>\n<p>so</p>\n</blockquote>"},
		{"try", "> [!TRY] What?\n> Think.\n> ---\n> This.", "<div class=\"try-first\"><p class=\"kicker\">Try first</p>\n<p class=\"try-question\">What?</p>\n<p>Think.</p>\n<details class=\"try\"><summary>Show an answer</summary>\n<p>This.</p>\n</details>\n</div>"},
		{"figure", "![Two boxes](media/x.svg \"A & b.\")", `<figure class="figure"><img src="/m/media/x.svg" alt="Two boxes" width="40" height="20" loading="lazy" decoding="async"><figcaption>A &amp; b.</figcaption></figure>`},
		{"table", "|A|B|\n|-:|-|\n|1|2|", "<div class=\"table-wrap\" tabindex=\"0\" role=\"region\" aria-label=\"Table 1: A, B\">\n<table>\n<thead>\n<tr>\n<th scope=\"col\" class=\"end\">A</th>\n<th scope=\"col\">B</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td class=\"end\">1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>\n</div>"},
		{"strike", "~~a~~", "<p><del>a</del></p>"},
		{"code", "`<b>`", "<p><code>&lt;b&gt;</code></p>"},
		{"film", "```video\ntitle: \"Hi\"\nsrc: media/x.mp4\ncaptions: media/x.vtt\ntranscript: media/x.md\nposter: media/x.png\n```",
			`<figure class="figure video"><video controls="" preload="metadata" playsinline="" aria-label="Hi" poster="/m/media/x.png"><source src="/m/media/x.mp4" type="video/mp4"><track kind="captions" src="/m/media/x.vtt" srclang="en-AU" label="Captions" default=""></video><figcaption>Hi</figcaption></figure>` +
				"\n<details class=\"transcript\"><summary>Transcript</summary>\n<p>Said.</p>\n</details>"},
	} {
		got, issues := markdown.Course(tc.src, options())
		if strings.TrimSpace(string(got)) != tc.want || len(issues) != 0 {
			t.Errorf("%s: %v\n got %s\nwant %s", tc.name, issues, got, tc.want)
		}
	}
}

func TestFootnotesOfTwoTextsDiffer(t *testing.T) {
	t.Parallel()
	o := options()
	one, _ := markdown.Course("a[^x]\n\n## T\n\n[^x]: Note.", o)
	o.Prefix = "t2"
	two, _ := markdown.Course("a[^x]\n\n## T\n\n[^x]: Note.", o)
	for _, want := range []string{`id="fn:1"`, `id="fnref:1"`, `href="#fn:1"`, `href="#fnref:1"`, `aria-label="Back to note 1"`, `id="h-t"`} {
		if !strings.Contains(string(one), want) {
			t.Errorf("the first lacks %s:\n%s", want, one)
		}
		if w := strings.NewReplacer("fn", "t2fn", "h-t", "ht2-t").Replace(want); !strings.Contains(string(two), w) {
			t.Errorf("the second lacks %s:\n%s", w, two)
		}
	}
}

func TestIssueLines(t *testing.T) {
	t.Parallel()
	src := "## A\n\none\ntwo <b>x</b>\n\n> [!TIP] T\n> text [x](no.md)\n\n1. a\n2. ![](media/x.svg)\n\n| A |\n|---|\n| [@S9] |\n\n```video\nsrc: x\n```\n"
	_, issues := markdown.Course(src, options())
	var got []string
	for _, i := range issues {
		got = append(got, fmt.Sprintf("%d %s", i.Line, i.What))
	}
	want := []string{"4 HTML is not allowed", "4 HTML is not allowed", `7 the link "no.md" leads to no file`, "10 the picture has no alt text", "14 there is no source",
		"16 the video block has no title", "16 the video block has no captions", "16 the video block has no transcript", "16 there is no file"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestInline(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		src, want string
		issues    int
	}{
		{"Which *one*?", "Which <em>one</em>?", 0},
		{"a\nb", "a\nb", 0},
		{"", "", 0},
		{"a\n\nb", "a", 1},
		{"- a", "<ul>\n<li>a</li>\n</ul>", 1},
		{"## a", `<h2 id="h-a">a</h2>`, 1},
	} {
		got, issues := markdown.CourseInline(tc.src, options())
		if string(got) != tc.want || len(issues) != tc.issues {
			t.Errorf("%q: %q, %v", tc.src, got, issues)
		}
	}
}

func TestUser(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"heading", "# a", "<h3>a</h3>"},
		{"deep heading", "###### a", "<h6>a</h6>"},
		{"line break", "a\nb", "<p>a<br>\nb</p>"},
		{"picture", "![a](https://example.org/x.png)", "<p>a</p>"},
		{"link", "[a](https://example.org/x)", `<p><a href="https://example.org/x" rel="nofollow noopener ugc">a</a></p>`},
		{"own page", "[a](/me)", `<p><a href="/me" rel="nofollow noopener ugc">a</a></p>`},
		{"mail", "a@example.org", `<p><a href="mailto:a@example.org" rel="nofollow noopener ugc">a@example.org</a></p>`},
		{"mail with more", "[a](mailto:a@example.org?cc=b@example.org)", "<p>a</p>"},
		{"not secure", "http://example.org", "<p>http://example.org</p>"},
		{"another site", "[a](//example.org)", "<p>a</p>"},
		{"another site, backslash", `[a](/\example.org)`, "<p>a</p>"},
		{"name and password", "[a](https://example.org@evil.example)", "<p>a</p>"},
		{"script", "[a](javascript:alert(1))", "<p>a</p>"},
		{"data", "[a](data:text/html,x)", "<p>a</p>"},
		{"html", "<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>"},
		{"citation", "[@S1]", "<p>[@S1]</p>"},
		{"callout", "> [!TIP] a", "<blockquote>\n<p>[!TIP] a</p>\n</blockquote>"},
	} {
		if got := strings.TrimSpace(string(markdown.User(tc.src))); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// hostile is text of people who want more than to be read.
var hostile = []string{
	`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<svg/onload=alert(1)>`, `<a href="javascript:alert(1)">x</a>`,
	`[x](javascript:alert(1))`, `[x](JaVaScRiPt:alert(1))`, `[x](java&#115;cript:alert(1))`, "[x](java\tscript:alert(1))", `[x](&#x6A;avascript:alert(1))`,
	`[x](vbscript:x)`, `[x](data:text/html;base64,PHNjcmlwdD4=)`, `[x](\x01javascript:alert(1))`, `[x](<javascript:alert(1)>)`, `<javascript:alert(1)>`,
	`[x](//evil.example)`, `[x](/\evil.example)`, `[x](\\evil.example)`, `[x](https:evil.example)`, `[x](https://a"onmouseover="alert(1))`,
	`![x](javascript:alert(1))`, `![x" onerror="alert(1)](media/x.svg)`, `![x](media/x.svg "t\" onload=\"alert(1)")`, "![x](media/x.svg 'a\"><script>alert(1)</script>')",
	"# x {#id onclick=alert(1)}", "## <script>alert(1)</script>", "## \" onclick=alert(1) x=\"", "|<script>|\n|-|\n|\" onclick=\"x|", "> [!TIP] <script>alert(1)</script>\n> x",
	"> [!TRY] \"><img src=x onerror=alert(1)>\n> ---\n> x", "```js\" onclick=\"x\nx\n```", "```\"><script>\nx\n```", "[x]: javascript:alert(1)\n\n[x]", "a[^1]\n\n[^1]: <script>x</script>",
	"```video\ntitle: \"\\\"><script>alert(1)</script>\"\nsrc: media/x.mp4\ncaptions: media/x.vtt\ntranscript: media/x.md\n```",
	`<div hx-get="/me" data-x=1 id=main style="position:fixed">x</div>`, `<form action=https://evil.example><input name=p></form>`, `<base href=//evil.example>`,
	`<iframe src=https://evil.example></iframe>`, `<style>@import "x"</style>`, `<!-- --!><script>x</script> -->`, `<![CDATA[<script>x</script>]]>`, `<?php x ?>`,
	`&lt;script&gt;alert(1)&lt;/script&gt;`, "<scr\x00ipt>x</scr\x00ipt>", `<math><mtext></p><style><img title="</style><img src onerror=x>">`, `<noscript><p title="</noscript><img src=x onerror=x>">`,
	"[a](https://example.org 'x\" onclick=\"x')", "<https://example.org/\"onclick=x>", "https://example.org/\"onclick=alert(1)", "[" + strings.Repeat("a", 300) + "](https://example.org)",
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for _, src := range hostile {
		h, _ := markdown.Course(src, options())
		harmless(t, src, h)
		h, _ = markdown.CourseInline(src, options())
		harmless(t, src, h)
		harmless(t, src, markdown.User(src))
		harmless(t, src, markdown.Sanitise(src)) // also when everything before it let it through
	}
	for in, want := range map[string]string{
		`<p id="main" style="x" onclick="x" hx-get="/x" data-x="1" class="btn">a</p>`: "<p>a</p>",
		`<h2 id="h-a">a</h2><h2 id="main">b</h2>`:                                     `<h2 id="h-a">a</h2><h2>b</h2>`,
		`<a href="//evil.example">a</a>`:                                              "a",
		`<img src="https://evil.example/x.png" alt="a">`:                              `<img alt="a">`,
		`<video autoplay controls src="/x.mp4"></video>`:                              `<video controls=""></video>`,
	} {
		if got := string(markdown.Sanitise(in)); got != want {
			t.Errorf("%s gives %s, want %s", in, got, want)
		}
	}
}

var allowed = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(`p br hr h2 h3 h4 h5 h6 em strong del code pre blockquote ul ol li table thead tbody tr th td sup a img div span figure
		figcaption details summary video source track`) {
		m[n] = true
	}
	return m
}()

var attributes = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(`id href rel class role aria-label tabindex start scope src poster alt width height loading decoding controls
		playsinline preload type kind srclang label default`) {
		m[n] = true
	}
	return m
}()

// harmless reads markup with a browser's parser and refuses whatever is not on a short list of its own.
func harmless(t *testing.T, src string, h markdown.HTML) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(string(h)))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.CommentToken, html.DoctypeToken:
			t.Fatalf("%q gives a comment or doctype: %s", src, h)
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if !allowed[tok.Data] {
				t.Fatalf("%q gives <%s>: %s", src, tok.Data, h)
			}
			for _, a := range tok.Attr {
				v := strings.ToLower(a.Val)
				link := a.Key == "href" || a.Key == "src" || a.Key == "poster"
				ok := !link || strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "mailto:") || strings.HasPrefix(v, "#") ||
					strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//") && !strings.HasPrefix(v, `/\`)
				if !attributes[a.Key] || !ok {
					t.Fatalf("%q gives %s=%q: %s", src, a.Key, a.Val, h)
				}
			}
		}
	}
}

func FuzzUser(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) { harmless(t, src, markdown.User(src)) })
}

func FuzzCourse(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		h, issues := markdown.Course(src, options())
		harmless(t, src, h)
		for _, i := range issues {
			if i.Line < 1 || i.Line > strings.Count(src, "\n")+1 || i.What == "" || i.Remedy == "" {
				t.Fatalf("%q: %+v", src, i)
			}
		}
		h, _ = markdown.CourseInline(src, options())
		harmless(t, src, h)
		markdown.Read(src)
	})
}

// A text made to be slow: no input of 20,000 characters takes long.
func TestNoTextIsSlow(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"> ", "[", "![", "*a ", "- ", "`", "[a](", "<", "_a_", "|", "\\", "[^1]", "> [!TIP] x\n", "&", "a@", "https://", "1. ", "~~", "[@S1]", "# a\n", "|a|\n|-|\n"} {
		src := strings.Repeat(unit, 20_000/len(unit))
		at := time.Now()
		markdown.User(src)
		markdown.Course(src, options())
		if d := time.Since(at); d > 5*time.Second {
			t.Errorf("%q repeated takes %v", unit, d)
		} else if d > 300*time.Millisecond {
			t.Logf("%q repeated takes %v", unit, d)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	r := markdown.Read("## Not prose\n\nThe cat sat. It was *good*!\n\n- one thing\n\n|a|b|\n|-|-|\n|c|d|\n\n```\ncode not read\n```\n")
	if r.Words != 14 || r.Sentences != 3 || r.Grade != 0 {
		t.Errorf("%+v", r)
	}
	easy := markdown.Read(strings.Repeat("The cat sat on the mat. ", 30)).Grade
	hard := markdown.Read(strings.Repeat("Interdepartmental accountability necessitates organisational transparency throughout jurisdictions. ", 30)).Grade
	if easy > 2 || hard < 20 {
		t.Errorf("grades: easy %.1f, hard %.1f", easy, hard)
	}
	for word, want := range map[string]int{"cat": 1, "table": 2, "people": 2, "walked": 1, "wanted": 2, "the": 1, "agency": 3, "government": 3, "42": 1, "idea": 2, "see": 1} {
		if got := markdown.Syllables(word); got != want {
			t.Errorf("%s has %d syllables, counted %d", word, want, got)
		}
	}
	if got := markdown.Plain("## A *b*\n\nc [d](https://e.org)\n\n- f"); got != "A b\nc d\nf" {
		t.Errorf("plain: %q", got)
	}
}

func BenchmarkCourse(b *testing.B) {
	src := strings.Repeat("## A heading\n\nPeople look in *more* than one place [@S1], and they come with **doubts**.\n\n- one\n- two\n\n", 20)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		markdown.Course(src, options())
	}
}

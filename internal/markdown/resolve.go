package markdown

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

func (c *checker) image(n *ast.Image) {
	src, alt := string(n.Destination), nodeText(c.src, n)
	if alt == "" {
		c.report(n, "the picture has no alt text", "write between the square brackets what it shows")
	} else if len([]rune(alt)) > 400 {
		c.warn(n, "the alt text is longer than 400 characters", "say the rest in the text beside the picture")
	}
	if n.Parent() != nil && hasLinkAbove(n) {
		c.report(n, "a picture inside a link", "put the link into the text below the picture")
	}
	p := &picture{alt: alt}
	if m, err := c.media(src, WantImage); err != nil {
		c.report(n, err.Error(), "name a picture in the course's or module's media folder, like media/map.svg")
	} else {
		p.url, p.width, p.height = m.URL, m.Width, m.Height
	}
	caption := string(util.UnescapePunctuations(n.Title))
	para := n.Parent()
	alone := para.Kind() == ast.KindParagraph && para.ChildCount() == 1
	if caption != "" && !alone {
		c.report(n, "a picture with a caption inside a line of text", "put the picture on a line of its own with empty lines around it")
	}
	if caption != "" && alone {
		f := &figure{caption: caption}
		f.AppendChild(f, p)
		replace(para, f)
		return
	}
	replace(n, p)
}

func hasLinkAbove(n ast.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindLink || p.Kind() == kindAnchor {
			return true
		}
	}
	return false
}

func (c *checker) media(path, want string) (Media, error) {
	if path == "" {
		return Media{}, fmt.Errorf("a %s without a path", want)
	}
	if c.o.Media == nil {
		return Media{}, fmt.Errorf("a %s cannot stand here", want)
	}
	return c.o.Media(path, want)
}

// vague are link texts that say nothing when read alone, as many readers do.
var vague = map[string]bool{"here": true, "click here": true, "this": true, "link": true, "this link": true, "read more": true, "more": true}

func (c *checker) link(n *ast.Link) {
	name := nodeText(c.src, n)
	if name == "" {
		c.report(n, "a link without text", "write between the square brackets where it leads")
	} else if vague[strings.ToLower(name)] {
		c.warn(n, fmt.Sprintf("the link text %q does not say where it leads", name), "use the name of the page or document")
	}
	a := &anchor{}
	moveAll(n, a)
	replace(n, a)
	c.resolve(a, string(n.Destination), a)
}

func (c *checker) autoLink(n *ast.AutoLink) {
	dest := string(n.URL(c.src))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(dest), "mailto:") {
		dest = "mailto:" + dest
	}
	a := &anchor{}
	a.AppendChild(a, ast.NewString([]byte(esc(string(n.Label(c.src))))))
	a.FirstChild().(*ast.String).SetCode(true) // already escaped
	c.resolve(a, dest, n)
	replace(n, a)
}

// scheme of a link; letters before a colon.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

func (c *checker) resolve(a *anchor, dest string, at ast.Node) {
	switch s := strings.ToLower(scheme.FindString(dest)); {
	case s == "https:" || s == "mailto:":
		a.href = string(util.URLEscape([]byte(dest), true))
		if s == "https:" {
			a.rel = relOutside
			if !outside.MatchString(a.href) {
				c.report(at, fmt.Sprintf("the address %q is not complete", dest), "write it as the browser shows it, with https:// and no spaces")
			}
		}
	case s == "http:":
		c.report(at, fmt.Sprintf("the link %q is not secure", dest), "use https://")
	case s != "":
		c.report(at, fmt.Sprintf("links of the kind %q are not allowed", s), "link to https, mailto or a file of this course")
	case strings.HasPrefix(dest, "#"):
		a.href = "#" + c.headingPrefix() + dest[1:]
		c.frags = append(c.frags, fragment{a, at})
	case dest == "" || strings.HasPrefix(dest, "/") || strings.HasPrefix(dest, `\`):
		c.report(at, fmt.Sprintf("the link %q leads nowhere", dest), "name the file of the step, from this file: ../02-plan/01-why.reading.md")
	case c.o.Link == nil:
		c.report(at, "links to other steps cannot stand here", "take the link out")
	default:
		href, err := c.o.Link(dest)
		if err != nil {
			c.report(at, err.Error(), "name the file of a step, from this file: 05-map.worksheet.yaml or ../02-plan/01-why.reading.md")
			return
		}
		a.href = href
	}
}

func (c *checker) cite(n *cite) {
	if c.o.Cite == nil {
		c.report(n, "citations cannot stand here", "take it out")
		return
	}
	text, href, err := c.o.Cite(n.ID)
	if err != nil {
		c.report(n, err.Error(), "add it to sources in course.yaml, or mend the id")
		return
	}
	n.text, n.href = "("+text+")", href
}

package course

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // to know a GIF
	_ "image/jpeg" // to know a JPEG
	_ "image/png"  // to know a PNG
	"io"
	"regexp"
	"strconv"
	"strings"
)

// mediaTypes are the files that a course may show, with the content type they are served as.
var mediaTypes = map[string]string{
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
	".mp4": "video/mp4", ".vtt": "text/vtt; charset=utf-8", ".pdf": "application/pdf",
}

const (
	maxSide   = 8000
	maxPixels = 24_000_000
)

// checkMedia looks whether a file is what its name says, and harmless. what is "" when it is.
func checkMedia(ext string, data []byte) (width, height int, what, remedy string) {
	switch ext {
	case ".svg":
		return checkSVG(data)
	case ".png", ".jpg", ".jpeg", ".gif":
		cfg, kind, err := image.DecodeConfig(bytes.NewReader(data))
		if want := strings.TrimPrefix(strings.Replace(ext, ".jpg", ".jpeg", 1), "."); err != nil || kind != want {
			return 0, 0, fmt.Sprintf("not a %s picture", strings.ToUpper(want)), "save it anew in that format, or give it the right ending"
		}
		if cfg.Width > maxSide || cfg.Height > maxSide || cfg.Width*cfg.Height > maxPixels {
			return 0, 0, fmt.Sprintf("the picture has %d × %d pixels", cfg.Width, cfg.Height), "make it smaller: at most 8,000 a side and 24 million in all"
		}
		return cfg.Width, cfg.Height, "", ""
	case ".mp4":
		if len(data) < 12 || string(data[4:8]) != "ftyp" {
			return 0, 0, "not an MP4 film", "save it anew as MP4 (H.264)"
		}
	case ".vtt":
		if !bytes.HasPrefix(data, []byte("WEBVTT")) {
			return 0, 0, "not a WebVTT caption file", "its first line must be WEBVTT"
		}
		if _, what, remedy := badText(data); what != "" {
			return 0, 0, what, remedy
		}
	case ".pdf":
		if !bytes.HasPrefix(data, []byte("%PDF-")) {
			return 0, 0, "not a PDF", "save it anew as PDF"
		}
	default:
		return 0, 0, fmt.Sprintf("files of the kind %q are not allowed", ext), "use md, yaml, svg, png, jpg, gif, mp4, vtt or pdf"
	}
	return 0, 0, "", ""
}

// svgElements are what a drawing needs. Everything that loads, runs or embeds something is left out.
var svgElements = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(`svg g defs symbol use title desc metadata path rect circle ellipse line polyline polygon text tspan textPath
		linearGradient radialGradient stop clipPath mask pattern marker style switch filter feBlend feColorMatrix feComponentTransfer feComposite
		feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur
		feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence`) {
		m[n] = true
	}
	return m
}()

var (
	cssOutside = regexp.MustCompile(`(?i)@import|url\(\s*["']?\s*[^#"'\s)]|expression\s*\(|\\|image-set|javascript:`)
	number     = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(?:px)?$`)
)

func checkSVG(data []byte) (width, height int, what, remedy string) {
	if _, what, remedy := badText(data); what != "" {
		return 0, 0, what, remedy
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	depth, seen := 0, false
	var within []string
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, 0, "the drawing is not well-formed XML", "save it anew as plain SVG"
		}
		switch t := tok.(type) {
		case xml.Directive:
			return 0, 0, "the drawing has a DOCTYPE", "delete that line"
		case xml.ProcInst:
			if t.Target != "xml" {
				return 0, 0, fmt.Sprintf("the drawing has a processing instruction (%s)", t.Target), "delete that line"
			}
		case xml.CharData:
			if len(within) > 0 && within[len(within)-1] == "style" && cssOutside.Match(t) {
				return 0, 0, "the drawing's style loads something", "take @import and url(…) out of <style>"
			}
		case xml.StartElement:
			if depth++; depth > 100 {
				return 0, 0, "the drawing is nested more than 100 deep", "simplify it"
			}
			name := t.Name.Local
			if !seen && name != "svg" {
				return 0, 0, "not an SVG drawing", "its first element must be <svg>"
			}
			// Editors keep their own notes in own namespaces; those draw nothing.
			if t.Name.Space != "" && t.Name.Space != "http://www.w3.org/2000/svg" {
				return 0, 0, fmt.Sprintf("the drawing has a foreign element <%s>", name), `save it as "plain SVG"`
			}
			if !svgElements[name] {
				return 0, 0, fmt.Sprintf("the drawing has the element <%s>", name), "take it out: drawings may not load, run or embed anything"
			}
			if what, remedy := checkSVGAttrs(t); what != "" {
				return 0, 0, what, remedy
			}
			if !seen {
				width, height = svgSize(t)
			}
			seen = true
			within = append(within, name)
		case xml.EndElement:
			depth--
			if len(within) > 0 {
				within = within[:len(within)-1]
			}
		}
	}
	if !seen {
		return 0, 0, "not an SVG drawing", "its first element must be <svg>"
	}
	return width, height, "", ""
}

func checkSVGAttrs(t xml.StartElement) (what, remedy string) {
	for _, a := range t.Attr {
		name := strings.ToLower(a.Name.Local)
		value := strings.TrimSpace(a.Value)
		switch {
		case strings.HasPrefix(name, "on"):
			return fmt.Sprintf("the drawing has the event attribute %s", a.Name.Local), "take it out"
		case name == "href" && !strings.HasPrefix(value, "#"):
			return fmt.Sprintf("the drawing refers to %q", value), "only parts of the same drawing may be referred to: #id"
		case name == "base":
			return "the drawing has an xml:base", "take it out"
		case cssOutside.MatchString(value) && a.Name.Space != "xmlns" && name != "d":
			return fmt.Sprintf("the attribute %s loads something", a.Name.Local), "only parts of the same drawing may be referred to: url(#id)"
		}
	}
	return "", ""
}

func svgSize(t xml.StartElement) (w, h int) {
	var box []string
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "viewBox":
			box = strings.FieldsFunc(a.Value, func(r rune) bool { return r == ' ' || r == ',' })
		case "width":
			w = pixels(a.Value)
		case "height":
			h = pixels(a.Value)
		}
	}
	if (w == 0 || h == 0) && len(box) == 4 {
		w, h = pixels(box[2]), pixels(box[3])
	}
	if w == 0 || h == 0 || w > 99_999 || h > 99_999 {
		return 0, 0
	}
	return w, h
}

func pixels(s string) int {
	m := number.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	x, err := strconv.ParseFloat(m[1], 64)
	if err != nil || x > 1e6 {
		return 0
	}
	return int(x + 0.5)
}

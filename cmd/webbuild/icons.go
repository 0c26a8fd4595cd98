package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// shapes reads the named icons and writes each as the data of one path, so that a page needs one element for it
// and nothing is written unescaped. A name that Lucide does not have is an error.
func shapes(names []string) (map[string]string, error) {
	all := make(map[string]string, len(names))
	var missing []string
	for _, n := range names {
		if _, twice := all[n]; twice {
			return nil, fmt.Errorf("icon %s is listed twice", n)
		}
		f, err := os.Open(filepath.Join("node_modules", "lucide-static", "icons", n+".svg"))
		if err != nil {
			missing = append(missing, n)
			continue
		}
		d, err := onePath(f)
		_ = f.Close() // it was only read
		if err != nil {
			return nil, fmt.Errorf("icon %s: %w", n, err)
		}
		all[n] = d
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("no such icons: %s", strings.Join(missing, ", "))
	}
	return all, nil
}

// onePath draws the shapes of an SVG file one after another with one pen.
func onePath(r io.Reader) (string, error) {
	var d strings.Builder
	for x := xml.NewDecoder(r); ; {
		t, err := x.Token()
		if errors.Is(err, io.EOF) {
			return d.String(), nil
		}
		if err != nil {
			return "", err
		}
		el, ok := t.(xml.StartElement)
		if !ok || el.Name.Local == "svg" {
			continue
		}
		a := map[string]string{}
		for _, at := range el.Attr {
			a[at.Name.Local] = at.Value
		}
		s, err := segment(el.Name.Local, a)
		if err != nil {
			return "", err
		}
		d.WriteString(s)
	}
}

func segment(shape string, a map[string]string) (string, error) {
	var wrong error
	n := func(k string) float64 {
		if a[k] == "" {
			return 0
		}
		f, err := strconv.ParseFloat(a[k], 64)
		wrong = errors.Join(wrong, err)
		return f
	}
	var s string
	switch shape {
	case "path":
		s = a["d"]
		if strings.HasPrefix(s, "m") { // relative to nought, not to where the shape before it ended
			s = "M0 0" + s
		}
	case "line":
		s = fmt.Sprintf("M%g %gL%g %g", n("x1"), n("y1"), n("x2"), n("y2"))
	case "circle":
		s = ellipse(n("cx"), n("cy"), n("r"), n("r"))
	case "ellipse":
		s = ellipse(n("cx"), n("cy"), n("rx"), n("ry"))
	case "rect":
		x, y, w, h, r := n("x"), n("y"), n("width"), n("height"), n("rx")
		if r == 0 {
			s = fmt.Sprintf("M%g %gh%gv%gh%gz", x, y, w, h, -w)
		} else {
			s = fmt.Sprintf("M%g %gh%ga%g %g 0 0 1 %g %gv%ga%g %g 0 0 1 %g %gh%ga%g %g 0 0 1 %g %gv%ga%g %g 0 0 1 %g %gz",
				x+r, y, w-2*r, r, r, r, r, h-2*r, r, r, -r, r, -(w - 2*r), r, r, -r, -r, -(h - 2*r), r, r, r, -r)
		}
	case "polyline":
		s = "M" + a["points"]
	case "polygon":
		s = "M" + a["points"] + "z"
	default:
		return "", fmt.Errorf("a shape that is not known here: %s", shape)
	}
	return s, wrong
}

func ellipse(cx, cy, rx, ry float64) string {
	return fmt.Sprintf("M%g %ga%g %g 0 1 0 %g 0a%g %g 0 1 0 %g 0z", cx-rx, cy, rx, ry, 2*rx, rx, ry, -2*rx)
}

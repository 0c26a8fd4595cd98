package ui

func alertKind(kind string) string {
	switch kind {
	case "ok", "caution", "danger":
		return kind
	}
	return "info"
}

func alertIcon(kind string) string {
	switch kind {
	case "ok":
		return "circle-check"
	case "caution":
		return "triangle-alert"
	case "danger":
		return "circle-alert"
	}
	return "info"
}

// shown are the pages to link: the first, the last and those near the current one; 0 stands for a gap.
func (p PageNav) shown() (out []int) {
	last := 0
	for n := 1; n <= p.Pages; n++ {
		if n != 1 && n != p.Pages && (n < p.Page-1 || n > p.Page+1) {
			continue
		}
		if last > 0 && n-last == 2 {
			out = append(out, last+1)
		} else if last > 0 && n-last > 2 {
			out = append(out, 0)
		}
		out = append(out, n)
		last = n
	}
	return out
}

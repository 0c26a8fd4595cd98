package signonweb

import (
	"strings"

	"greenroom/internal/locale"
)

// named are the words by which browsers and systems are told, in the order in which they count: Edge also says Chrome,
// and everybody says Safari.
var browsers = [][2]string{
	{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"},
	{"CriOS/", "Chrome"}, {"Chromium/", "Chromium"}, {"HeadlessChrome/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
}

var systems = [][2]string{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
}

func first(agent string, of [][2]string) string {
	for _, x := range of {
		if strings.Contains(agent, x[0]) {
			return x[1]
		}
	}
	return ""
}

// browserName says what a browser calls itself in words that people know.
func browserName(l *locale.Printer, agent string) string {
	b, s := first(agent, browsers), first(agent, systems)
	switch {
	case b != "" && s != "":
		return l.T("signon.browser_on", "Browser", b, "System", s)
	case b != "":
		return b
	case s != "":
		return s
	}
	return l.T("signon.browser_unknown")
}

// Package resources has the body of a resources step. The page around it is web/templates/player.
package resources

import (
	"strconv"

	"greenroom/internal/locale"
	"greenroom/internal/play"
	"greenroom/internal/resources"
)

// Page is what a list of resources shows.
type Page struct {
	L       *locale.Printer
	Step    play.Step
	Content *resources.Content
	Done    string // the day it was marked complete; "" when it is not
}

// from is the publisher and the year, as far as they are known.
func from(it resources.Item) string {
	switch {
	case it.Publisher == "" && it.Year == 0:
		return ""
	case it.Year == 0:
		return it.Publisher
	case it.Publisher == "":
		return strconv.Itoa(it.Year)
	}
	return it.Publisher + ", " + strconv.Itoa(it.Year)
}

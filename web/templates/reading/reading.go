// Package reading has the body of a reading's step. The page around it is web/templates/player.
package reading

import (
	"greenroom/internal/locale"
	"greenroom/internal/play"
	"greenroom/internal/reading"
)

// Page is what a reading shows.
type Page struct {
	L       *locale.Printer
	Step    play.Step
	Content *reading.Content
	Done    string // the day it was marked complete; "" when it is not
}

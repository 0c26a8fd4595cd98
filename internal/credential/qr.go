package credential

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// QR is a QR code to be drawn: Size modules each way, with the quiet zone that readers need around it, and the dark ones
// as a path of SVG.
type QR struct {
	Size int
	Path string
}

// quiet is the width of the light frame, in modules.
const quiet = 4

// MakeQR makes the code of an address.
func MakeQR(address string) (QR, error) {
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return QR{}, fmt.Errorf("QR code: %w", err)
	}
	var b strings.Builder
	bars(code, func(col, row, n int) { fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", col+quiet, row+quiet, n, n) })
	return QR{Size: code.Size + 2*quiet, Path: b.String()}, nil
}

// bars calls fn with every row's runs of dark modules.
func bars(code *qr.Code, fn func(col, row, n int)) {
	for row := range code.Size {
		for col := 0; col < code.Size; col++ {
			n := 0
			for col+n < code.Size && code.Black(col+n, row) {
				n++
			}
			if n > 0 {
				fn(col, row, n)
				col += n
			}
		}
	}
}

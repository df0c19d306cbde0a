package identity

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// picture is a QR code as one SVG path of unit squares, Size modules wide with its quiet zone.
type picture struct {
	Size int
	Path string
}

const quiet = 4

func draw(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return picture{}, fmt.Errorf("draw QR code: %w", err)
	}
	var b strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return picture{Size: code.Size + 2*quiet, Path: b.String()}, nil
}

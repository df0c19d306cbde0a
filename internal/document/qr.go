package document

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// QR draws text as an SVG picture of class qr; label is what a screen reader says. Its quiet zone is the
// padding that doc.css gives. A text beyond some 2,000 bytes is an error.
func QR(text, label string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw QR of %d bytes: %w", len(text), err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges"><path d="%s"/></svg>`,
		code.Size, code.Size, template.HTMLEscapeString(label), path.String())), nil
}

package file

import (
	"archive/zip"
	"image"
	_ "image/jpeg" // formats that image.DecodeConfig may meet
	_ "image/png"
	"io"

	"github.com/gabriel-vasile/mimetype"
)

// format is one of the types that may be kept.
type format struct{ mime, ext string }

var (
	pdf  = format{"application/pdf", ".pdf"}
	docx = format{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"}
	xlsx = format{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"}
	png  = format{"image/png", ".png"}
	jpg  = format{"image/jpeg", ".jpg"}
)

const (
	maxSide   = 20_000     // pixels of one side of an image
	maxPixels = 60_000_000 // pixels of an image; a large phone camera makes 50 million
)

// judge finds the format of a content by reading it, or refuses.
func judge(f io.ReaderAt, size int64) (format, error) {
	mime, err := mimetype.DetectReader(io.NewSectionReader(f, 0, size))
	if err != nil {
		return format{}, err
	}
	for m := mime; m != nil; m = m.Parent() {
		switch {
		case m.Is(pdf.mime):
			return pdf, checkPDF(f, size)
		case m.Is(png.mime):
			return png, checkImage(f, size)
		case m.Is(jpg.mime):
			return jpg, checkImage(f, size)
		case m.Is("application/zip"):
			return checkOffice(f, size)
		}
	}
	return format{}, ErrType
}

// checkImage refuses pictures too large to show and pictures with an archive behind them.
func checkImage(f io.ReaderAt, size int64) error {
	c, kind, err := image.DecodeConfig(io.NewSectionReader(f, 0, size))
	if err != nil {
		return ErrBroken
	}
	if c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return ErrPixels.With(maxSide, maxPixels/1_000_000)
	}
	if _, err := zip.NewReader(f, size); err == nil {
		return ErrBroken
	}
	if kind != "png" {
		return nil // phones write their own notes behind a jpg
	}
	const end = "\x00\x00\x00\x00IEND\xaeB`\x82"
	tail := make([]byte, len(end))
	if _, err := f.ReadAt(tail, size-int64(len(end))); err != nil || string(tail) != end {
		return ErrBroken
	}
	return nil
}

// Extension is that of the content's format, with its dot.
func (f *File) Extension() string {
	for _, k := range []format{pdf, docx, xlsx, png, jpg} {
		if k.mime == f.Type {
			return k.ext
		}
	}
	return ""
}

package file

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	stdpng "image/png"
	"strings"
	"testing"
)

const (
	wordTypes = `<?xml version="1.0"?><Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`
	cellTypes = `<?xml version="1.0"?><Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`
)

type part struct{ name, body string }

func office(t *testing.T, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func word(t *testing.T, more ...part) []byte {
	return office(t, append([]part{{"[Content_Types].xml", wordTypes}, {"_rels/.rels", "<Relationships/>"}, {"word/document.xml", "<w:document/>"}}, more...)...)
}

func sheet(t *testing.T, more ...part) []byte {
	return office(t, append([]part{{"[Content_Types].xml", cellTypes}, {"_rels/.rels", "<Relationships/>"}, {"xl/workbook.xml", "<workbook/>"}}, more...)...)
}

func pdfOf(objects string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n" + objects + "trailer<</Root 1 0 R>>\n%%EOF\n")
}

func packed(s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func objectStream(s string) string {
	body := packed(s)
	return fmt.Sprintf("3 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n", len(body), body)
}

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := stdpng.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claimed writes another size into the head of a png, as a bomb does.
func claimed(p []byte, w, h uint32) []byte {
	p = bytes.Clone(p)
	binary.BigEndian.PutUint32(p[16:], w)
	binary.BigEndian.PutUint32(p[20:], h)
	binary.BigEndian.PutUint32(p[29:], crc32.ChecksumIEEE(p[12:29]))
	return p
}

func TestJudge(t *testing.T) {
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	picture := pngOf(t, 8, 8)
	outside := `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="http://x.example/t" TargetMode="External"/></Relationships>`
	for name, c := range map[string]struct {
		body []byte
		want format
		err  error
	}{
		"pdf":                       {pdfOf(""), pdf, nil},
		"docx":                      {word(t), docx, nil},
		"xlsx":                      {sheet(t), xlsx, nil},
		"png":                       {picture, png, nil},
		"jpg":                       {photo.Bytes(), jpg, nil},
		"jpg with phone notes":      {append(bytes.Clone(photo.Bytes()), "SEFT"...), jpg, nil},
		"docx with a hyperlink":     {word(t, part{"word/_rels/document.xml.rels", fmt.Sprintf(outside, "hyperlink")}), docx, nil},
		"pdf spelling JS by chance": {pdfOf("3 0 obj\n<</Length 6>>\nstream\n/JS /a\nendstream\nendobj\n"), pdf, nil},

		"html":                            {[]byte("<!DOCTYPE html><html><script>x</script></html>"), format{}, ErrType},
		"svg":                             {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), format{}, ErrType},
		"text":                            {[]byte("Kính gửi Sở Khoa học và Công nghệ"), format{}, ErrType},
		"gif":                             {[]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00/*"), format{}, ErrType},
		"program":                         {[]byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00"), format{}, ErrType},
		"plain zip":                       {office(t, part{"a.txt", "a"}), format{}, ErrType},
		"presentation":                    {office(t, part{"[Content_Types].xml", "<Types/>"}, part{"ppt/presentation.xml", "<p/>"}), format{}, ErrType},
		"docx with a macro":               {word(t, part{"word/vbaProject.bin", "x"}), format{}, ErrActive},
		"docm named docx":                 {office(t, part{"[Content_Types].xml", strings.ReplaceAll(wordTypes, "wordprocessingml.document", "ms-word.document.macroEnabled")}, part{"word/document.xml", "x"}), format{}, ErrActive},
		"docx, remote template":           {word(t, part{"word/_rels/settings.xml.rels", fmt.Sprintf(outside, "attachedTemplate")}), format{}, ErrActive},
		"docx, outside picture":           {word(t, part{"word/_rels/document.xml.rels", fmt.Sprintf(outside, "image")}), format{}, ErrActive},
		"docx with a program":             {word(t, part{"word/embeddings/oleObject1.bin", "MZ"}), format{}, ErrActive},
		"docx with an entity":             {word(t, part{"word/_rels/a.rels", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`}), format{}, ErrBroken},
		"docx climbing out":               {word(t, part{"../../x", "x"}), format{}, ErrBroken},
		"docx, one name twice":            {word(t, part{"word/Document.xml", "x"}), format{}, ErrBroken},
		"docx that is a bomb":             {word(t, part{"word/media/a.xml", strings.Repeat("a", 8<<20)}), format{}, ErrBroken},
		"xlsx with DDE":                   {sheet(t, part{"xl/externalLinks/externalLink1.xml", "<ddeLink ddeService='cmd'/>"}), format{}, ErrActive},
		"pdf with script":                 {pdfOf("3 0 obj\n<</S/JavaScript/JS(app.alert(1))>>\nendobj\n"), format{}, ErrActive},
		"pdf, escaped script":             {pdfOf("3 0 obj\n<</S/J#61vaScript/J#53(x)>>\nendobj\n"), format{}, ErrActive},
		"pdf, script in an object stream": {pdfOf(objectStream("3 0 <</S/JavaScript/JS(x)>> ")), format{}, ErrActive},
		"pdf, object stream bomb":         {pdfOf(objectStream(strings.Repeat(" ", maxObjects+1))), format{}, ErrBroken},
		"pdf that launches":               {pdfOf("3 0 obj\n<</S/Launch/F(cmd.exe)>>\nendobj\n"), format{}, ErrActive},
		"pdf with a file inside":          {pdfOf("3 0 obj\n<</Type/EmbeddedFile/Length 0>>\nendobj\n"), format{}, ErrActive},
		"pdf with a password":             {pdfOf("3 0 obj\n<</Encrypt 4 0 R>>\nendobj\n"), format{}, ErrLocked},
		"pdf and html":                    {append([]byte("%PDF-1.4\n<html><script>x</script></html>\n"), pdfOf("")[9:]...), format{}, ErrBroken},
		"pdf and zip":                     {append(pdfOf(""), word(t)...), format{}, ErrBroken},
		"cut pdf":                         {pdfOf("")[:40], format{}, ErrBroken},
		"png and zip":                     {append(bytes.Clone(picture), word(t)...), format{}, ErrBroken},
		"jpg and zip":                     {append(bytes.Clone(photo.Bytes()), word(t)...), format{}, ErrBroken},
		"png with a tail":                 {append(bytes.Clone(picture), "<script>"...), format{}, ErrBroken},
		"cut png":                         {picture[:20], format{}, ErrBroken},
		"png one pixel too wide":          {claimed(picture, maxSide+1, 1), format{}, ErrPixels},
		"png as wide as may be":           {claimed(picture, maxSide, 1), png, nil},
		"png of 100,000 × 100,000":        {claimed(picture, 100_000, 100_000), format{}, ErrPixels},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := judge(bytes.NewReader(c.body), int64(len(c.body)))
			if c.err == nil && err != nil || !errors.Is(err, c.err) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			if err == nil && got != c.want {
				t.Errorf("got %s, want %s", got.mime, c.want.mime)
			}
		})
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"Thuyết minh dự án.docx":      "Thuyết minh dự án.pdf",
		"Thuye\u0302\u0301t minh.pdf": "Thuyết minh.pdf",
		"../../etc/passwd":            "passwd.pdf",
		`..\..\x.pdf`:                 "x.pdf",
		`C:\tệp.pdf`:                  "tệp.pdf",
		"CON":                         "_CON.pdf",
		".htaccess":                   "tep.pdf",
		"a.pdf.":                      "a.pdf",
		"\u202egpj.exe":               "gpj.pdf",
		"a\x00b\r\nc.pdf":             "abc.pdf",
		`"><img>.pdf`:                 "___img_.pdf",
		"":                            "tep.pdf",
		"   .pdf":                     "tep.pdf",
		strings.Repeat("ă", 300):      strings.Repeat("ă", maxName-4) + ".pdf",
		"a" + strings.Repeat("\u0301", 1000) + ".pdf": "á\u0301\u0301.pdf",
	} {
		if got := clean(in, pdf); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

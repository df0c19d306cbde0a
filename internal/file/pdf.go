package file

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
	"regexp"
)

// What a pdf may not carry. Long names are looked for everywhere; the short one only outside of streams, whose
// compressed bytes may spell it by chance.
var (
	activeNames = regexp.MustCompile(`/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|XFA|GoToE|GoToR)[\s/<>\[\]()%]`)
	shortNames  = regexp.MustCompile(`/JS[\s/<>\[\]()%]`)
	encrypted   = regexp.MustCompile(`/Encrypt[\s/<>\[\]()%]`)
	markup      = regexp.MustCompile(`(?i)<(?:html|script|body|svg|!doctype)[\s>]`)
	escaped     = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)
	streamStart = regexp.MustCompile(`>>\s*stream\r?\n`)
)

const (
	maxObjects = 64 << 20 // bytes that object streams may expand to, together
	maxPages   = 20_000
)

// checkPDF refuses a pdf that starts late, ends in something else, is locked, or can act.
func checkPDF(f io.ReaderAt, size int64) error {
	raw := make([]byte, size)
	if _, err := f.ReadAt(raw, 0); err != nil && err != io.EOF {
		return err
	}
	if !bytes.HasPrefix(raw, []byte("%PDF-")) {
		return ErrType
	}
	end := bytes.LastIndex(raw, []byte("%%EOF"))
	if end < 0 || len(bytes.TrimRight(raw[end+len("%%EOF"):], "\r\n\t \x00")) > 0 {
		return ErrBroken
	}
	if markup.Match(raw[:min(len(raw), 1024)]) {
		return ErrBroken
	}
	objects, err := expandObjects(raw)
	if err != nil {
		return err
	}
	outside := append(outsideStreams(raw), objects...)
	plain, plainOutside := unescape(raw), unescape(outside)
	switch {
	case encrypted.Match(plain):
		return ErrLocked
	case activeNames.Match(plain), activeNames.Match(plainOutside), shortNames.Match(plainOutside):
		return ErrActive
	case bytes.Count(plainOutside, []byte("/Type/Page"))+bytes.Count(plainOutside, []byte("/Type /Page")) > maxPages:
		return ErrBroken
	}
	return nil
}

// outsideStreams is the text of a pdf without the contents of its streams.
func outsideStreams(raw []byte) []byte {
	var out []byte
	for {
		at := streamStart.FindIndex(raw)
		if at == nil {
			return append(out, raw...)
		}
		out = append(out, raw[:at[1]]...)
		raw = raw[at[1]:]
		end := bytes.Index(raw, []byte("endstream"))
		if end < 0 {
			return append(out, raw...)
		}
		raw = raw[end:]
	}
}

// expandObjects inflates the object streams, in which objects with actions may hide, up to maxObjects.
func expandObjects(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	for _, at := range streamStart.FindAllIndex(raw, -1) {
		head := raw[max(0, at[0]-512):at[0]]
		if i := bytes.LastIndex(head, []byte(" obj")); i >= 0 {
			head = head[i:]
		}
		head = unescape(head)
		if !bytes.Contains(head, []byte("/ObjStm")) || !bytes.Contains(head, []byte("/FlateDecode")) {
			continue
		}
		z, err := zlib.NewReader(bytes.NewReader(raw[at[1]:]))
		if err != nil {
			return nil, ErrBroken
		}
		// A cut stream still gives what it holds; readers are as forgiving.
		if _, err := io.CopyN(&out, z, int64(maxObjects-out.Len()+1)); err == nil || out.Len() > maxObjects {
			return nil, ErrBroken
		}
	}
	return out.Bytes(), nil
}

// unescape resolves #xx in names, so that /J#61vaScript reads as it acts.
func unescape(b []byte) []byte {
	if !escaped.Match(b) {
		return b
	}
	return escaped.ReplaceAllFunc(b, func(m []byte) []byte {
		c := make([]byte, 1)
		if _, err := hex.Decode(c, m[1:]); err != nil {
			return m
		}
		return c
	})
}

package file

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
)

// Limits of a zip container, judged by its directory alone.
const (
	maxEntries  = 5_000
	maxExpanded = 400 << 20 // bytes all entries claim together
	maxRatio    = 200       // of an entry above 1 MB
	maxPart     = 1 << 20   // of a part that is read
)

// checkOffice tells docx from xlsx by their parts and refuses what can act or exhaust a reader.
func checkOffice(f io.ReaderAt, size int64) (format, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return format{}, ErrBroken
	}
	if len(z.File) > maxEntries {
		return format{}, ErrBroken
	}
	if err := checkEntries(z.File); err != nil {
		return format{}, err
	}
	types, err := readPart(z, "[Content_Types].xml")
	if err != nil {
		return format{}, ErrType // a zip, but no office document
	}
	if bytes.Contains(types, []byte("macroEnabled")) || bytes.Contains(types, []byte("vbaProject")) {
		return format{}, ErrActive
	}
	if bytes.Contains(types, []byte("<!DOCTYPE")) || bytes.Contains(types, []byte("<!ENTITY")) {
		return format{}, ErrBroken
	}
	if err := checkParts(z); err != nil {
		return format{}, err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(z.File, func(e *zip.File) bool { return e.Name == name })
	}
	switch {
	case has("word/document.xml") && bytes.Contains(types, []byte("wordprocessingml.document.main+xml")):
		return docx, nil
	case has("xl/workbook.xml") && bytes.Contains(types, []byte("spreadsheetml.sheet.main+xml")):
		return xlsx, nil
	}
	return format{}, ErrType
}

type span struct{ from, to int64 }

// checkEntries looks at names, sizes and places of the entries, without expanding them.
func checkEntries(files []*zip.File) error {
	seen := make(map[string]bool, len(files))
	spans := make([]span, 0, len(files))
	var expanded uint64
	for _, e := range files {
		name := strings.ToLower(e.Name)
		if seen[name] || name == "" || strings.ContainsAny(name, "\\\x00:") || strings.HasPrefix(name, "/") ||
			slices.Contains(strings.Split(name, "/"), "..") || e.Mode()&^0o777 != 0 && !e.Mode().IsDir() {
			return ErrBroken
		}
		seen[name] = true
		if e.Flags&1 != 0 {
			return ErrLocked
		}
		if activePart(name) {
			return ErrActive
		}
		expanded += e.UncompressedSize64
		if e.UncompressedSize64 > maxExpanded || expanded > maxExpanded ||
			e.UncompressedSize64 > 1<<20 && e.UncompressedSize64/max(e.CompressedSize64, 1) > maxRatio {
			return ErrBroken
		}
		at, err := e.DataOffset()
		if err != nil {
			return ErrBroken
		}
		spans = append(spans, span{at, at + int64(e.CompressedSize64)})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return ErrBroken // overlapping entries: the core of a zip bomb
		}
	}
	return nil
}

func activePart(name string) bool {
	switch path.Ext(name) {
	case ".exe", ".dll", ".com", ".bat", ".cmd", ".ps1", ".js", ".vbs", ".jar", ".msi", ".scr", ".hta", ".html", ".zip", ".docm", ".xlsm":
		return true
	}
	base := path.Base(name)
	return strings.HasPrefix(base, "vbaproject") || strings.Contains(name, "/activex/") ||
		strings.Contains(name, "/embeddings/") && (path.Ext(name) == ".bin" || path.Ext(name) == ".ole")
}

// checkParts reads the relations and outside links: nothing but a hyperlink may point out of the document.
func checkParts(z *zip.Reader) error {
	for _, e := range z.File {
		name := strings.ToLower(e.Name)
		rels := strings.HasSuffix(name, ".rels")
		if !rels && !strings.HasPrefix(name, "xl/externallinks/") {
			continue
		}
		part, err := readPart(z, e.Name)
		if err != nil {
			return ErrBroken
		}
		if bytes.Contains(part, []byte("<!DOCTYPE")) || bytes.Contains(part, []byte("<!ENTITY")) {
			return ErrBroken
		}
		if bytes.Contains(part, []byte("ddeLink")) || bytes.Contains(part, []byte("oleLink")) {
			return ErrActive
		}
		for relation := range bytes.SplitSeq(part, []byte("<Relationship ")) {
			if rels && bytes.Contains(relation, []byte("External")) && !bytes.Contains(relation, []byte("/hyperlink")) &&
				!bytes.Contains(relation, []byte("/externalLinkPath")) {
				return ErrActive
			}
		}
	}
	return nil
}

func readPart(z *zip.Reader, name string) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	part, err := io.ReadAll(io.LimitReader(f, maxPart+1))
	if err == nil && len(part) > maxPart {
		err = ErrBroken
	}
	return part, err
}

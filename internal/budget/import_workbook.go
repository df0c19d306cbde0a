package budget

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Limits of an uploaded workbook. Why: a small file may unpack to gigabytes, or name a cell in column 16,384 of each row.
const (
	maxPart    = 64 << 20 // bytes that one part may unpack to
	maxColumns = 64       // cells further to the right are not read
	maxStrings = (MaxRows + 2) * maxColumns
)

var errWorkbook = errors.New("not a workbook that can be read")

// cellAt is where a cell stands in a file, row and column counted from 0.
type cellAt struct{ row, column int }

// readXLSX reads the first sheet as it is stored, at most one row too many. A number is plain digits; fractions are
// the numbers that are not whole, which in text would look like grouped digits. A formula without a kept result is its
// own text.
//
// It reads the parts itself: excelize does not say whether a cell is a number or text, and keeps every empty cell.
func readXLSX(ctx context.Context, raw []byte) (rows [][]string, fractions map[cellAt]bool, err error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, nil, err
	}
	var book struct {
		Sheets []struct {
			Rel string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
	}
	root, err := relations(z, "")
	if err != nil {
		return nil, nil, err
	}
	main := root.ofType("/officeDocument")
	rels, err := relations(z, main)
	if err != nil {
		return nil, nil, err
	}
	if err := decodePart(z, main, &book); err != nil || len(book.Sheets) == 0 {
		return nil, nil, errors.Join(errWorkbook, err)
	}
	var shared []string
	if name := rels.ofType("/sharedStrings"); name != "" {
		if shared, err = sharedStrings(z, name); err != nil {
			return nil, nil, err
		}
	}
	part, err := openPart(z, rels.ofID(book.Sheets[0].Rel))
	if err != nil {
		return nil, nil, err
	}
	defer part.Close()
	s := sheetReader{shared: shared, fractions: map[cellAt]bool{}}
	err = eachElement(part, "row", func(d *xml.Decoder, e xml.StartElement) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.row(d, e)
	})
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	return s.rows, s.fractions, nil
}

type sheetReader struct {
	shared    []string
	rows      [][]string
	fractions map[cellAt]bool
}

// row reads one row; io.EOF ends the sheet where it has one row too many.
func (s *sheetReader) row(d *xml.Decoder, e xml.StartElement) error {
	n := len(s.rows)
	if r := attribute(e, "r"); r != "" {
		no, err := strconv.Atoi(r)
		if err != nil || no <= n {
			return errWorkbook
		}
		n = min(no-1, MaxRows+1)
	}
	for len(s.rows) < n {
		s.rows = append(s.rows, nil)
	}
	if n > MaxRows {
		s.rows = append(s.rows, nil)
		return io.EOF
	}
	var cells []string
	next := 0
	err := each(d, "c", func(e xml.StartElement) error {
		var c cellXML
		if err := d.DecodeElement(&c, &e); err != nil {
			return err
		}
		column, err := next, error(nil)
		if c.Ref != "" {
			if column, err = columnOfRef(c.Ref); err != nil {
				return err
			}
		}
		if next = column + 1; column >= maxColumns {
			return nil
		}
		text, fraction, err := c.text(s.shared)
		if err != nil {
			return err
		}
		for len(cells) <= column {
			cells = append(cells, "")
		}
		if cells[column] = text; fraction {
			s.fractions[cellAt{n, column}] = true
		}
		return nil
	})
	s.rows = append(s.rows, cells)
	return err
}

type cellXML struct {
	Ref     string    `xml:"r,attr"`
	Type    string    `xml:"t,attr"`
	Value   string    `xml:"v"`
	Formula *string   `xml:"f"`
	Inline  stringXML `xml:"is"`
}

func (c cellXML) text(shared []string) (text string, fraction bool, err error) {
	switch c.Type {
	case "s":
		i, err := strconv.Atoi(c.Value)
		if err != nil || i < 0 || i >= len(shared) {
			return "", false, errWorkbook
		}
		return shared[i], false, nil
	case "inlineStr":
		return c.Inline.text(), false, nil
	case "", "n":
		if c.Formula != nil && c.Value == "" {
			return "=" + *c.Formula, false, nil
		}
		text, whole := plainNumber(strings.TrimSpace(c.Value))
		return text, !whole, nil
	}
	return c.Value, false, nil
}

var positive = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?([eE][+]?[0-9]{1,2})?$`)

// plainNumber writes 9.9E+14 and 5.0 out, exactly; whole is false for a number with a fraction. What is no number from
// 0 up is left to whoever reads the cell.
func plainNumber(s string) (text string, whole bool) {
	if !positive.MatchString(s) {
		return s, true
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return s, true
	}
	if !d.IsInteger() {
		return s, false
	}
	return d.StringFixed(0), true
}

// columnOfRef is the column of a reference such as AB7, counted from 0.
func columnOfRef(ref string) (n int, err error) {
	letters := strings.TrimRight(ref, "0123456789")
	if letters == "" || len(letters) > 3 {
		return 0, errWorkbook
	}
	for _, c := range letters {
		if c < 'A' || c > 'Z' {
			return 0, errWorkbook
		}
		n = n*26 + int(c-'A') + 1
	}
	return n - 1, nil
}

// stringXML is a text, whole or in runs; what is written above it to say how it is read is no part of it.
type stringXML struct {
	Text string   `xml:"t"`
	Runs []string `xml:"r>t"`
}

func (s stringXML) text() string { return s.Text + strings.Join(s.Runs, "") }

func sharedStrings(z *zip.Reader, name string) (list []string, err error) {
	part, err := openPart(z, name)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	err = eachElement(part, "si", func(d *xml.Decoder, e xml.StartElement) error {
		var s stringXML
		if err := d.DecodeElement(&s, &e); err != nil {
			return err
		}
		if list = append(list, s.text()); len(list) > maxStrings {
			return errWorkbook
		}
		return nil
	})
	return list, err
}

type relationList struct {
	base string
	List []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

// relations are those of a part, of the whole file for "".
func relations(z *zip.Reader, part string) (r relationList, err error) {
	r.base = path.Dir(part)
	return r, decodePart(z, path.Join(r.base, "_rels", path.Base("/"+part)+".rels"), &r)
}

func (r relationList) name(target string) string {
	if strings.HasPrefix(target, "/") {
		return target[1:]
	}
	return path.Join(r.base, target)
}

func (r relationList) ofType(end string) string {
	for _, x := range r.List {
		if strings.HasSuffix(x.Type, end) {
			return r.name(x.Target)
		}
	}
	return ""
}

func (r relationList) ofID(id string) string {
	for _, x := range r.List {
		if x.ID == id {
			return r.name(x.Target)
		}
	}
	return ""
}

type part struct {
	io.Reader
	io.Closer
}

// openPart opens a part of the file; more than maxPart of it is an error while reading.
func openPart(z *zip.Reader, name string) (io.ReadCloser, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, err
	}
	return part{io.MultiReader(io.LimitReader(f, maxPart), tooMuch{f}), f}, nil
}

// tooMuch fails unless the rest is empty.
type tooMuch struct{ rest io.Reader }

func (t tooMuch) Read([]byte) (int, error) {
	if n, err := t.rest.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		return 0, errWorkbook
	}
	return 0, io.EOF
}

func decodePart(z *zip.Reader, name string, to any) error {
	f, err := openPart(z, name)
	if err != nil {
		return err
	}
	defer f.Close()
	return xml.NewDecoder(f).Decode(to)
}

// eachElement calls fn at every element of a part that has the name.
func eachElement(r io.Reader, name string, fn func(*xml.Decoder, xml.StartElement) error) error {
	d := xml.NewDecoder(r)
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == name {
			if err := fn(d, e); err != nil {
				return err
			}
		}
	}
}

// each calls fn at every child of the name, up to the end of the element that d stands in.
func each(d *xml.Decoder, name string, fn func(xml.StartElement) error) error {
	for {
		t, err := d.Token()
		if err != nil {
			return errors.Join(errWorkbook, err)
		}
		switch e := t.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if e.Name.Local != name {
				err = d.Skip()
			} else {
				err = fn(e)
			}
			if err != nil {
				return err
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

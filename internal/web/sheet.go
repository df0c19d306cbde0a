package web

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

const sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// column is what the cells of one column of an export are.
type column int

const (
	textColumn column = iota
	countColumn
	amountColumn
	decimalColumn
	dateColumn
	timeColumn
)

var (
	wholeCell   = regexp.MustCompile(`^-?(0|[1-9]\d{0,14})$`) // exact in a spreadsheet, which keeps 15 digits
	decimalCell = regexp.MustCompile(`^-?(0|[1-9]\d{0,9})(\.\d{1,5})?$`)
	dateForms   = []string{"02/01/2006", "2006-01-02"}
	timeForms   = []string{"02/01/2006 15:04:05", "02/01/2006 15:04", "15:04, 02/01/2006"}
)

// columnOf reads a column: numbers or days only where every cell is one, so that a code stays a code.
func columnOf(rows [][]string, at int) column {
	kinds := []column{countColumn, amountColumn, decimalColumn, dateColumn, timeColumn}
	filled := false
	for _, row := range rows {
		if at >= len(row) || row[at] == "" {
			continue
		}
		filled = true
		kinds = slices.DeleteFunc(kinds, func(k column) bool { return !fits(k, row[at]) })
	}
	if !filled || len(kinds) == 0 {
		return textColumn
	}
	return kinds[0]
}

func fits(k column, s string) bool {
	switch k {
	case countColumn: // a year or a rank is written without groups
		return wholeCell.MatchString(s) && len(strings.TrimPrefix(s, "-")) <= 4
	case amountColumn:
		return wholeCell.MatchString(s)
	case decimalColumn:
		return decimalCell.MatchString(s)
	case dateColumn:
		_, ok := momentOf(s, dateForms)
		return ok
	}
	_, ok := momentOf(s, timeForms)
	return ok
}

func momentOf(s string, forms []string) (time.Time, bool) {
	for _, f := range forms {
		if t, err := time.Parse(f, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// sheet writes an export as one sheet: head rows, the header in bold, and every column as what it is. Text is written
// as text, whatever it begins with. codes are columns of digits that are no numbers.
func sheet(head [][]string, header []string, rows [][]string, codes []int) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	styles, bold, err := sheetStyles(f)
	if err != nil {
		return nil, err
	}
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return nil, fmt.Errorf("begin sheet: %w", err)
	}
	kinds := make([]column, len(header))
	for i := range header {
		if !slices.Contains(codes, i) {
			kinds[i] = columnOf(rows, i)
		}
		width := 14.0 // characters
		if kinds[i] == textColumn {
			width = 24
		}
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return nil, fmt.Errorf("column %d: %w", i, err)
		}
	}
	below := len(head) + 2
	at, err := excelize.CoordinatesToCellName(1, below)
	if err != nil {
		return nil, err
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: below - 1, TopLeftCell: at, ActivePane: "bottomLeft"}); err != nil {
		return nil, fmt.Errorf("freeze the header: %w", err)
	}
	line := 0
	put := func(cells []any) error {
		line++
		at, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		return w.SetRow(at, cells)
	}
	for _, row := range append(head, header) {
		cells := make([]any, len(row))
		for i, s := range row {
			cells[i] = excelize.Cell{StyleID: bold, Value: s}
		}
		if err := put(cells); err != nil {
			return nil, fmt.Errorf("write header: %w", err)
		}
	}
	for _, row := range rows {
		cells := make([]any, len(row))
		for i, s := range row {
			kind := textColumn
			if i < len(kinds) {
				kind = kinds[i]
			}
			cells[i] = excelize.Cell{StyleID: styles[kind], Value: cellOf(kind, s)}
		}
		if err := put(cells); err != nil {
			return nil, fmt.Errorf("write row %d: %w", line, err)
		}
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("end sheet: %w", err)
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return b.Bytes(), nil
}

// cellOf is the value of one cell; nil for an empty one. Whole numbers stay whole; a share or a score of at most 15
// digits reads back as it was written.
func cellOf(kind column, s string) any {
	if s == "" {
		return nil
	}
	switch kind {
	case countColumn, amountColumn:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
	case decimalColumn:
		if x, err := strconv.ParseFloat(s, 64); err == nil {
			return x
		}
	case dateColumn:
		if t, ok := momentOf(s, dateForms); ok {
			return t
		}
	case timeColumn:
		if t, ok := momentOf(s, timeForms); ok {
			return t
		}
	}
	return s
}

func sheetStyles(f *excelize.File) (styles map[column]int, bold int, err error) {
	styles = map[column]int{}
	for kind, format := range map[column]string{countColumn: "0", amountColumn: "#,##0", decimalColumn: "#,##0.#####",
		dateColumn: "dd/mm/yyyy", timeColumn: "dd/mm/yyyy hh:mm:ss", textColumn: "@"} {
		if styles[kind], err = f.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return nil, 0, fmt.Errorf("style %s: %w", format, err)
		}
	}
	bold, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	return styles, bold, err
}

// asSheet says that the same export was asked for as a spreadsheet.
func (r Req) asSheet() bool { return strings.HasSuffix(r.Path(), ".xlsx") }

func sheetFile(name string, head [][]string, header []string, rows [][]string, codes []int) File {
	body, err := sheet(head, header, rows, codes)
	return File{Name: name + ".xlsx", Type: sheetType, Body: io.NopCloser(bytes.NewReader(body)), err: err}
}

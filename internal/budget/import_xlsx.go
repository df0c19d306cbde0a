package budget

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"kinhbac/internal/errs"
	"kinhbac/internal/web"
)

// Limits of an uploaded workbook, in bytes: what its parts may unpack to, and its largest sheet in memory.
const (
	maxUnpacked = 256 << 20
	maxSheet    = 64 << 20
)

// readXLSX reads the first sheet as it is stored: numbers without their format, at most one row too many.
func readXLSX(raw []byte) ([][]string, error) {
	broken := ErrImportForm.At(errs.Field{Name: "file", Code: ErrImportForm.Code})
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxSheet, RawCellValue: true})
	if err != nil {
		return nil, broken
	}
	defer f.Close()
	names := f.GetSheetList()
	if len(names) == 0 {
		return nil, broken
	}
	it, err := f.Rows(names[0])
	if err != nil {
		return nil, broken
	}
	defer it.Close()
	var rows [][]string
	for it.Next() && len(rows) <= MaxRows+1 {
		cells, err := it.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, broken
		}
		for i, c := range cells {
			cells[i] = plainNumber(c)
		}
		rows = append(rows, cells)
	}
	if it.Error() != nil {
		return nil, broken
	}
	return rows, nil
}

var scientific = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?[eE][+]?[0-9]{1,2}$`)

// plainNumber writes 9.9E+14 out; exact, since it goes through a decimal.
func plainNumber(s string) string {
	if !scientific.MatchString(s) {
		return s
	}
	d, err := decimal.NewFromString(s)
	if err != nil || !d.IsInteger() {
		return s
	}
	return d.StringFixed(0)
}

// serialDay reads the number under which a spreadsheet keeps a day, from 1900 to 2199.
func serialDay(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && n < 109_575
}

// xlsxFile is a workbook of one sheet: title, heads, rows. In the columns amounts, whole numbers of at most 15 digits are
// numbers, which a spreadsheet keeps exactly; everything else is text, so that nothing is calculated.
func xlsxFile(name, title string, header []string, rows [][]string, amounts ...int) (web.File, error) {
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter(f.GetSheetName(0))
	if err != nil {
		return web.File{}, err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return web.File{}, err
	}
	grouped, err := f.NewStyle(&excelize.Style{NumFmt: 3})
	if err != nil {
		return web.File{}, err
	}
	heads := make([]any, len(header))
	for i, h := range header {
		heads[i] = excelize.Cell{StyleID: bold, Value: h}
	}
	all := [][]any{{excelize.Cell{StyleID: bold, Value: title}}, {}, heads}
	for _, r := range rows {
		cells := make([]any, len(r))
		for i, c := range r {
			cells[i] = c
			n, err := strconv.ParseInt(c, 10, 64)
			if err == nil && slices.Contains(amounts, i) && len(strings.TrimPrefix(c, "-")) <= 15 {
				cells[i] = excelize.Cell{StyleID: grouped, Value: n}
			}
		}
		all = append(all, cells)
	}
	for i, cells := range all {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return web.File{}, err
		}
		if err := w.SetRow(at, cells); err != nil {
			return web.File{}, err
		}
	}
	if err := w.Flush(); err != nil {
		return web.File{}, err
	}
	return workbook(f, name)
}

// templateFile is an empty workbook whose first row has the names of the columns.
func templateFile(name string, columns []string) (web.File, error) {
	f := excelize.NewFile()
	defer f.Close()
	for i, c := range columns {
		at, err := excelize.CoordinatesToCellName(i+1, 1)
		if err != nil {
			return web.File{}, err
		}
		if err := f.SetCellStr(f.GetSheetName(0), at, c); err != nil {
			return web.File{}, err
		}
	}
	return workbook(f, name)
}

func workbook(f *excelize.File, name string) (web.File, error) {
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return web.File{}, err
	}
	return web.File{Name: name + ".xlsx", Type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Body: io.NopCloser(&b)}, nil
}

package budget

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"kinhbac/internal/web"
)

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

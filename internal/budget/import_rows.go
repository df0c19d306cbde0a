package budget

import (
	"context"
	"io"
	"regexp"
	"strconv"

	"github.com/google/uuid"

	"kinhbac/internal/errs"
	"kinhbac/internal/storage"
)

var (
	rowColumns = []string{"code", "task_vi", "task_en", "unit_code", "source_code", "sub_source", "programme_code", "level", "chapter", "category", "item", "sub_item",
		"project_id", "milestone_id", "asked", "explanation"}
	rowNeeds = []string{"task_vi", "task_en", "unit_code", "source_code", "asked", "explanation"}
)

// ImportRows adds the rows of a file to a draft, all or none; a mistake is named by row and column of the file.
func (s *Service) ImportRows(ctx context.Context, estimate uuid.UUID, name string, body io.Reader) (n int, err error) {
	sh, err := readSheet(ctx, name, body, rowColumns, rowNeeds)
	if err != nil {
		return 0, err
	}
	units, subs, err := namesByCode(ctx, storage.Joined(ctx, s.db))
	if err != nil {
		return 0, err
	}
	in := make([]RowInput, 0, len(sh.rows))
	for i := range sh.rows {
		if sh.full() {
			break
		}
		if sh.blank(i) {
			sh.fail(i, "task_vi", "budget.import_blank")
			continue
		}
		in = append(in, RowInput{Code: sh.text(i, "code", 32), TaskVI: sh.text(i, "task_vi", 300), TaskEN: sh.text(i, "task_en", 300),
			SourceCode: sh.cell(i, "source_code"), ProgrammeCode: sh.text(i, "programme_code", 20), Chapter: sh.cell(i, "chapter"),
			Dims: sh.dims(i, units, subs), Asked: sh.amount(i, "asked"), Explanation: sh.text(i, "explanation", 4000)})
	}
	if err := sh.refusal(); err != nil {
		return 0, err
	}
	_, err = s.AddRows(ctx, estimate, in)
	if e := errs.From(err); err != nil && e.Kind == errs.Invalid && len(e.Fields) > 0 {
		return 0, e.At(inFile(ctx, e.Fields, len(in))...)
	}
	return len(in), err
}

var rowField = regexp.MustCompile(`^rows\[([0-9]+)\]\.(.+)$`)

// inFile turns fields of rows into cells of the file they came from.
func inFile(ctx context.Context, fields []errs.Field, rows int) []errs.Field {
	out := make([]errs.Field, len(fields))
	for k, f := range fields {
		row, name := 0, f.Name
		if m := rowField.FindStringSubmatch(f.Name); m != nil {
			row, _ = strconv.Atoi(m[1]) // digits
			name = m[2]
		} else if rows > 1 {
			out[k] = f
			continue
		}
		out[k] = cellField(ctx, row, columnOf(name), f.Code, f.Args...)
	}
	return out
}

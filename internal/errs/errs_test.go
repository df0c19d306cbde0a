package errs_test

import (
	"slices"
	"testing"

	"kinhbac/internal/errs"
)

// TestAtLendsItsWords gives an error the arguments of the field that says the same, and keeps those it has.
func TestAtLendsItsWords(t *testing.T) {
	lacks := errs.New(errs.Invalid, "columns")
	own := errs.Field{Name: "file", Code: "columns", Args: []any{"code"}}
	for name, c := range map[string]struct {
		err  *errs.Error
		want []any
	}{
		"the same words":   {lacks.At(own), []any{"code"}},
		"words of its own": {lacks.With("amount").At(own), []any{"amount"}},
		"other words":      {lacks.At(errs.Field{Name: "file", Code: "form", Args: []any{"x"}}), nil},
		"among others":     {lacks.At(errs.Field{Name: "year", Code: "form"}, own), []any{"code"}},
	} {
		if !slices.Equal(c.err.Args, c.want) || lacks.Args != nil {
			t.Errorf("%s: %v, not %v", name, c.err.Args, c.want)
		}
	}
}

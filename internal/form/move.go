package form

import (
	"reflect"
	"slices"
)

// Keep gives of the answers to old those that stand for f too: to questions of the same key and kind. Options that f no
// longer has fall out; a table is kept when its columns are the same.
func (f *Form) Keep(as Answers, old *Form) Answers {
	out := Answers{}
	for _, q := range f.Fields() {
		was, a := old.Field(q.Key), as[q.Key]
		if was == nil || was.Kind != q.Kind || a.Blank() {
			continue
		}
		switch q.Kind {
		case Choice:
			if !q.has(a.Text) {
				continue
			}
		case Choices:
			a.Many = slices.DeleteFunc(slices.Clone(a.Many), func(k string) bool { return !q.has(k) })
		case Table:
			if !slices.EqualFunc(q.Columns, was.Columns, func(x, y Column) bool { return x.Key == y.Key && x.Kind == y.Kind }) {
				continue
			}
		}
		if !a.Blank() {
			out[q.Key] = a
		}
	}
	return out
}

// How a question changed from one form to another.
const (
	Added   = "added"
	Changed = "changed"
	Gone    = "gone"
)

// Change is one question that is new, asked otherwise, or no longer asked. Field is as it is asked now, and as it was when
// it is gone.
type Change struct {
	What  string
	Field *Field
}

// Changes lists what f asks otherwise than old: in the order of f, then what is gone.
func (f *Form) Changes(old *Form) (cs []Change) {
	for _, q := range f.Fields() {
		was := old.Field(q.Key)
		switch {
		case was == nil:
			cs = append(cs, Change{Added, q})
		case !reflect.DeepEqual(*was, *q):
			cs = append(cs, Change{Changed, q})
		}
	}
	for _, q := range old.Fields() {
		if f.Field(q.Key) == nil {
			cs = append(cs, Change{Gone, q})
		}
	}
	return cs
}

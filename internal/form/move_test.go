package form

import (
	"reflect"
	"testing"
)

func TestKeepAnswersOfTheSameKeyAndKind(t *testing.T) {
	old := &Form{Sections: []Section{{Key: "s1", TitleVI: "A", TitleEN: "A", Fields: []Field{
		{Key: "q1", Kind: Text, LabelVI: "Tên", LabelEN: "Name"},
		{Key: "q2", Kind: Text, LabelVI: "Năm", LabelEN: "Year"},
		{Key: "q3", Kind: Choice, LabelVI: "Nơi", LabelEN: "Place", Options: []Option{{"a", "A", "A"}, {"b", "B", "B"}}},
		{Key: "q4", Kind: Choices, LabelVI: "Các nơi", LabelEN: "Places", Options: []Option{{"a", "A", "A"}, {"b", "B", "B"}}},
		{Key: "q5", Kind: Table, LabelVI: "Bảng", LabelEN: "Table", Columns: []Column{{"c1", Text, "Tên", "Name"}}},
		{Key: "q6", Kind: Text, LabelVI: "Bỏ", LabelEN: "Gone"},
	}}}}
	next := &Form{Sections: []Section{{Key: "s2", TitleVI: "B", TitleEN: "B", Fields: []Field{
		{Key: "q1", Kind: Text, LabelVI: "Họ tên", LabelEN: "Full name"},
		{Key: "q2", Kind: Number, LabelVI: "Năm", LabelEN: "Year"},
		{Key: "q3", Kind: Choice, LabelVI: "Nơi", LabelEN: "Place", Options: []Option{{"b", "B", "B"}, {"c", "C", "C"}}},
		{Key: "q4", Kind: Choices, LabelVI: "Các nơi", LabelEN: "Places", Options: []Option{{"b", "B", "B"}, {"c", "C", "C"}}},
		{Key: "q5", Kind: Table, LabelVI: "Bảng", LabelEN: "Table", Columns: []Column{{"c1", Money, "Tên", "Name"}}},
		{Key: "q7", Kind: Text, LabelVI: "Mới", LabelEN: "New"},
	}}}}
	as := Answers{"q1": {Text: "An"}, "q2": {Text: "2026"}, "q3": {Text: "a"}, "q4": {Many: []string{"a", "b"}}, "q5": {Rows: [][]string{{"x"}}}, "q6": {Text: "y"}}
	want := Answers{"q1": {Text: "An"}, "q4": {Many: []string{"b"}}}
	if got := next.Keep(as, old); !reflect.DeepEqual(got, want) {
		t.Errorf("kept %+v", got)
	}
	if len(as["q4"].Many) != 2 || as["q4"].Many[0] != "a" {
		t.Error("the old answers changed")
	}
	if got := old.Keep(as, old); !reflect.DeepEqual(got, as) {
		t.Errorf("to the same form: %+v", got)
	}
	var got []string
	for _, c := range next.Changes(old) {
		got = append(got, c.What+" "+c.Field.Key)
	}
	if !reflect.DeepEqual(got, []string{"changed q1", "changed q2", "changed q3", "changed q4", "changed q5", "added q7", "gone q6"}) {
		t.Errorf("changes %v", got)
	}
	if len(old.Changes(old)) != 0 {
		t.Error("a form differs from itself")
	}
}

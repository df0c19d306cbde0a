package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"kinhbac/internal/errs"
)

// sample has every kind of question and a chain of conditions.
func sample() *Form {
	return &Form{Sections: []Section{
		{Key: "s1", TitleVI: "Thử nghiệm", TitleEN: "Pilot", Fields: []Field{
			{Key: "q1", Kind: Choice, LabelVI: "Đã thử nghiệm", LabelEN: "Piloted", Required: true, Options: []Option{{"yes", "Có", "Yes"}, {"no", "Không", "No"}}},
			{Key: "q2", Kind: Long, LabelVI: "Kết quả", LabelEN: "Result", Required: true, Words: 5, When: &Condition{"q1", "yes"}},
			{Key: "q3", Kind: Choices, LabelVI: "Nơi", LabelEN: "Places", When: &Condition{"q1", "yes"},
				Options: []Option{{"a", "A", "A"}, {"b", "B", "B"}, {"c", "C", "C"}}},
			{Key: "q4", Kind: Money, LabelVI: "Doanh thu", LabelEN: "Revenue", Required: true, When: &Condition{"q3", "b"}},
		}},
		{Key: "s2", TitleVI: "Khác", TitleEN: "Other", HelpVI: "Ghi đủ", HelpEN: "Say all", Fields: []Field{
			{Key: "q5", Kind: Text, LabelVI: "Tên", LabelEN: "Name"},
			{Key: "q6", Kind: Number, LabelVI: "Tỷ lệ", LabelEN: "Share", Required: true},
			{Key: "q7", Kind: Date, LabelVI: "Ngày", LabelEN: "Day"},
			{Key: "q8", Kind: Table, LabelVI: "Thiết bị", LabelEN: "Devices", Required: true,
				Columns: []Column{{"c1", Text, "Tên", "Name"}, {"c2", Money, "Giá", "Price"}, {"c3", Date, "Ngày", "Day"}}},
		}},
	}}
}

func TestSchemaHoldsTheForm(t *testing.T) {
	f := sample()
	if err := f.Check(); err != nil {
		t.Fatal(err, errs.From(err).Fields)
	}
	b, err := f.Schema()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, f) {
		t.Errorf("read back as %+v", got)
	}
	if again, _ := got.Schema(); !bytes.Equal(again, b) {
		t.Error("equal forms give different schemas")
	}
}

// The schema, judged by a library, accepts exactly the submitted answers that lack nothing.
func TestSchemaAgreesWithLacks(t *testing.T) {
	f := sample()
	b, err := f.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("form.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("form.json")
	if err != nil {
		t.Fatal(err)
	}
	valid, lacking := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		as := Answers{}
		for _, q := range f.Fields() {
			if rapid.IntRange(0, 5).Draw(r, "left out") == 0 {
				continue
			}
			typed := Typed{Key: q.Key}
			switch q.Kind {
			case Choice:
				typed.Value = rapid.SampledFrom([]string{"", "yes", "no"}).Draw(r, "choice")
			case Choices:
				typed.Many = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3).Draw(r, "choices")
			case Money:
				typed.Value = rapid.SampledFrom([]string{"", "0", "1.000.000", "999.999.999.999.999"}).Draw(r, "money")
			case Number:
				typed.Value = rapid.SampledFrom([]string{"", "0", "-1.234,5", "007,25"}).Draw(r, "number")
			case Date:
				typed.Value = rapid.SampledFrom([]string{"", "1/2/2026", "2026-12-31"}).Draw(r, "date")
			case Table:
				for range rapid.IntRange(0, 2).Draw(r, "rows") {
					typed.Rows = append(typed.Rows, TypedRow{[]TypedCell{{"c2", rapid.SampledFrom([]string{"", "5.000"}).Draw(r, "price")},
						{"c1", rapid.SampledFrom([]string{"", "máy"}).Draw(r, "name")}, {"c3", ""}}})
				}
			default:
				typed.Value = rapid.SampledFrom([]string{"", "một", "một hai ba"}).Draw(r, "text")
			}
			section := &f.Sections[0]
			if section.Fields[0].Key > q.Key || q.Key > "q4" {
				section = &f.Sections[1]
			}
			read, err := section.Read([]Typed{typed}, false)
			if err != nil {
				r.Fatalf("%s %+v: %v", q.Key, typed, errs.From(err).Fields)
			}
			as[q.Key] = read[q.Key]
		}
		sent, err := json.Marshal(f.Complete(as))
		if err != nil {
			r.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(sent))
		if err != nil {
			r.Fatal(err)
		}
		verdict, lacks := compiled.Validate(doc), f.Lacks(as)
		if (verdict == nil) != (len(lacks) == 0) {
			r.Fatalf("%s: the schema says %v, the form lacks %v", sent, verdict, lacks)
		}
		var back Answers
		if err := json.Unmarshal(sent, &back); err != nil || !reflect.DeepEqual(back, f.Complete(as)) {
			r.Fatalf("%s read back as %v, %v", sent, back, err)
		}
		if verdict == nil {
			valid++
		} else {
			lacking++
		}
	})
	if valid == 0 || lacking == 0 {
		t.Errorf("%d complete, %d lacking", valid, lacking)
	}
}

func TestOddAnswersAreRefused(t *testing.T) {
	f := sample()
	for _, c := range []struct {
		section int
		typed   Typed
		plain   bool
		field   string // "" = accepted
	}{
		{0, Typed{Key: "q1", Value: "maybe"}, false, "answers[0].value"},
		{0, Typed{Key: "q5", Value: "in the other section"}, false, "answers[0].key"},
		{0, Typed{Key: "q3", Many: []string{"a", "x"}}, false, "answers[0].many"},
		{0, Typed{Key: "q4", Value: "-1"}, false, "answers[0].value"},
		{0, Typed{Key: "q4", Value: "1.234,5"}, false, "answers[0].value"},
		{0, Typed{Key: "q4", Value: "1e9"}, true, "answers[0].value"},
		{0, Typed{Key: "q4", Value: "1.000"}, true, "answers[0].value"},
		{0, Typed{Key: "q4", Value: "1.000"}, false, ""},
		{0, Typed{Key: "q4", Value: "999999999999999"}, true, ""},
		{0, Typed{Key: "q4", Value: "9999999999999999"}, true, "answers[0].value"},
		{0, Typed{Key: "q2", Many: []string{"a"}}, false, "answers[0].value"},
		{1, Typed{Key: "q6", Value: "1,123456789"}, false, "answers[0].value"},
		{1, Typed{Key: "q6", Value: "NaN"}, false, "answers[0].value"},
		{1, Typed{Key: "q7", Value: "30/02/2026"}, false, "answers[0].value"},
		{1, Typed{Key: "q8", Rows: []TypedRow{{[]TypedCell{{"c9", "x"}}}}}, false, "answers[0].rows[0].cells[0].value"},
		{1, Typed{Key: "q8", Rows: []TypedRow{{[]TypedCell{{"c1", "x"}, {"c2", "x"}}}}}, false, "answers[0].rows[0].cells[1].value"},
		{1, Typed{Key: "q5", Value: strings.Repeat("ă", 300)}, false, ""},
		{1, Typed{Key: "q5", Value: strings.Repeat("ă", 301)}, false, "answers[0].value"},
	} {
		_, err := f.Sections[c.section].Read([]Typed{c.typed}, c.plain)
		got := ""
		if err != nil {
			if !errors.Is(err, ErrAnswer) || len(errs.From(err).Fields) == 0 {
				t.Fatalf("%+v: %v", c.typed, err)
			}
			got = errs.From(err).Fields[0].Name
		}
		if got != c.field {
			t.Errorf("%+v: refused at %q, not %q", c.typed, got, c.field)
		}
	}
	if _, err := f.Sections[0].Read([]Typed{{Key: "q1", Value: "yes"}, {Key: "q1", Value: "no"}}, false); !errors.Is(err, ErrAnswer) {
		t.Errorf("one question answered twice: %v", err)
	}
}

func TestWordsAndConditions(t *testing.T) {
	f := sample()
	whole := Answers{"q1": {Text: "no"}, "q6": {Text: "1"}, "q8": {Rows: [][]string{{"a", "", ""}}}, "q2": {Text: "kept from before"}}
	if l := f.Lacks(whole); len(l) != 0 {
		t.Errorf("lacks %v", l)
	}
	if _, there := f.Complete(whole)["q2"]; there {
		t.Error("an answer that was not asked for is submitted")
	}
	whole["q1"], whole["q2"] = Answer{Text: "yes"}, Answer{Text: "một hai ba bốn năm"}
	if l := f.Lacks(whole); len(l) != 0 {
		t.Errorf("five words of five: %v", l)
	}
	whole["q2"] = Answer{Text: "một hai ba bốn năm sáu"}
	if l := f.Lacks(whole); len(l) != 1 || l[0].Words != 6 {
		t.Errorf("six words of five: %v", l)
	}
}

func TestFormsThatCannotBeAsked(t *testing.T) {
	for name, change := range map[string]func(*Form){
		"a key twice":                func(f *Form) { f.Sections[1].Fields[0].Key = "q1" },
		"a key of other letters":     func(f *Form) { f.Sections[1].Fields[0].Key = "Q-1" },
		"no title":                   func(f *Form) { f.Sections[0].TitleEN = "" },
		"no label":                   func(f *Form) { f.Sections[0].Fields[0].LabelVI = "" },
		"an unknown kind":            func(f *Form) { f.Sections[0].Fields[0].Kind = "file" },
		"one option":                 func(f *Form) { f.Sections[0].Fields[0].Options = f.Sections[0].Fields[0].Options[:1] },
		"no column":                  func(f *Form) { f.Sections[1].Fields[3].Columns = nil },
		"words of a number":          func(f *Form) { f.Sections[1].Fields[1].Words = 5 },
		"a table in a table":         func(f *Form) { f.Sections[1].Fields[3].Columns[0].Kind = Table },
		"a condition on a later one": func(f *Form) { f.Sections[0].Fields[0].When = &Condition{"q3", "a"} },
		"a condition on no option":   func(f *Form) { f.Sections[0].Fields[1].When.Is = "never" },
		"a condition on itself":      func(f *Form) { f.Sections[0].Fields[0].When = &Condition{"q1", "yes"} },
		"too many questions": func(f *Form) {
			for n := range MaxFields {
				f.Sections[1].Fields = append(f.Sections[1].Fields, Field{Key: fmt.Sprint("x", n), Kind: Text, LabelVI: "x", LabelEN: "x"})
			}
		},
	} {
		f := sample()
		change(f)
		if err := f.Check(); !errors.Is(err, ErrForm) || len(errs.From(err).Fields) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if k := sample().NextKey("q", []string{"q9"}); k != "q10" {
		t.Errorf("the next key is %s", k)
	}
}

package text_test

import (
	"errors"
	"testing"

	"golang.org/x/text/unicode/norm"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/text"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestLine(t *testing.T) {
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{"  Công ty \t cổ phần\n Ước Mơ ", "Công ty cổ phần Ước Mơ", nil},
		{norm.NFD.String("Nguyễn Thị Ước"), "Nguyễn Thị Ước", nil},
		{"", "", nil},
		{"a\x00b", "", text.ErrControl},
		{"a\x1bb", "", text.ErrControl},
		{"đổi\u202Echiều", "", text.ErrControl},
		{"a\xffb", "", text.ErrEncoding},
		{"mất \uFFFD chữ", "", text.ErrControl},
	} {
		got, err := text.Line(c.in)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Line(%q) = %q, %v; want %q, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestReference(t *testing.T) {
	for in, want := range map[string]string{"kb-1": "KB-1", " ＫＢ－０１２　３ ": "KB-012 3", norm.NFD.String("Đề nghị 1"): "ĐỀ NGHỊ 1", "①": "1", "": "", "　": ""} {
		if got := text.Reference(in); got != want {
			t.Errorf("Reference(%q) = %q, not %q", in, got, want)
		}
	}
	if got := text.Plain(" Công  ty ＡＢ "); got != "Công ty AB" {
		t.Errorf("Plain = %q", got)
	}
}

func TestBlock(t *testing.T) {
	got, err := text.Block("\r\n Mục tiêu:  \r\n\r\n- một\r- hai \n\n")
	if want := " Mục tiêu:\n\n- một\n- hai"; got != want || err != nil {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if _, err := text.Block("a\x00"); !errors.Is(err, text.ErrControl) {
		t.Errorf("NUL: error %v", err)
	}
}

// TestFoldIsTheDatabases compares with kb.fold on every letter of Vietnamese.
func TestFoldIsTheDatabases(t *testing.T) {
	db := dbtest.New(t)
	for _, s := range []string{
		"aàáảãạăằắẳẵặâầấẩẫậ", "eèéẻẽẹêềếểễệ", "iìíỉĩị", "oòóỏõọôồốổỗộơờớởỡợ", "uùúủũụưừứửữự", "yỳýỷỹỵ", "đ",
		"AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ", "ÊỀẾỂỄỆ", "ÔỒỐỔỖỘƠỜỚỞỠỢ", "ƯỪỨỬỮỰ", "Đ", "Công ty TNHH Kinh Bắc 2029",
	} {
		var want string
		if err := db.NewRaw("SELECT kb.fold(?)", s).Scan(t.Context(), &want); err != nil {
			t.Fatal(err)
		}
		if got := text.Fold(s); got != want {
			t.Errorf("Fold(%q) = %q, the database says %q", s, got, want)
		}
	}
}

// TestPattern looks for wildcards, and for every character that kb.fold makes one, in a text without them and in itself.
func TestPattern(t *testing.T) {
	db := dbtest.New(t)
	var wild []string
	err := db.NewRaw(`SELECT chr(n) FROM generate_series(1, 131071) n WHERE n NOT BETWEEN 55296 AND 57343 AND kb.fold(chr(n)) ~ '[%_\\]' ORDER BY n`).Scan(t.Context(), &wild)
	if err != nil || len(wild) < 3 {
		t.Fatalf("%q, %v", wild, err)
	}
	for _, s := range append(wild, "50%", "a_b", `a\`, `\%`, "Ước ％") {
		for value, want := range map[string]bool{"năm mươi axb": false, "x" + s + "y": true} {
			var found bool
			if err := db.NewRaw("SELECT kb.fold(?) LIKE kb.fold(?)", value, text.Pattern(s)).Scan(t.Context(), &found); err != nil || found != want {
				t.Errorf("%q in %q = %v, %v", s, value, found, err)
			}
		}
	}
}

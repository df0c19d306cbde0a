package money

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]int64{
		"0": 0, "5": 5, "1234567": 1_234_567, "1.234.567": 1_234_567, "1 234 567": 1_234_567, "1\u00a0234": 1234, " 12 ": 12,
		"999.999.999.999.999": 999_999_999_999_999, "999999999999999": 999_999_999_999_999,
	} {
		if got, err := Parse(in); err != nil || !got.Equal(VND(want)) {
			t.Errorf("Parse(%q) = %s, %v", in, got, err)
		}
	}
	for in, want := range map[string]error{
		"": ErrSyntax, " ": ErrSyntax, "-0": ErrSyntax, "-1": ErrSyntax, "+1": ErrSyntax, "1e9": ErrSyntax, "NaN": ErrSyntax, "Inf": ErrSyntax,
		"1.234,5": ErrSyntax, "12,5": ErrSyntax, "1.23": ErrSyntax, "1.2345": ErrSyntax, "12.34.567": ErrSyntax, "1.234 567": ErrSyntax,
		".123": ErrSyntax, "1.": ErrSyntax, "1..234": ErrSyntax, "01": ErrSyntax, "007": ErrSyntax, "0.000": ErrSyntax, "1đ": ErrSyntax,
		"0x10": ErrSyntax, "١٢٣": ErrSyntax, "1_000": ErrSyntax, "1\x00": ErrSyntax, "1'000": ErrSyntax,
		"1000000000000000": ErrTooLarge, "1.000.000.000.000.000": ErrTooLarge, strings.Repeat("9", 41): ErrSyntax,
	} {
		if got, err := Parse(in); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %s, %v, want %v", in, got, err, want)
		}
	}
}

func TestFormat(t *testing.T) {
	for in, want := range map[int64]string{0: "0", 5: "5", 999: "999", 1000: "1.000", 1_234_567: "1.234.567", -1000: "\u22121.000",
		999_999_999_999_999: "999.999.999.999.999"} {
		if got := VND(in).Format(); got != want {
			t.Errorf("Format(%d) = %q, want %q", in, got, want)
		}
	}
}

func TestRoundIsHalfAwayFromZero(t *testing.T) {
	for in, want := range map[string]int64{"0.5": 1, "0.4999": 0, "1.5": 2, "2.5": 3, "-0.5": -1, "-2.5": -3, "2": 2} {
		if got := Round(decimal.RequireFromString(in)); !got.Equal(VND(want)) {
			t.Errorf("Round(%s) = %s, want %d", in, got, want)
		}
	}
}

func TestFromDecimal(t *testing.T) {
	for in, want := range map[string]error{"1": nil, "1.000": nil, "-5": nil, "0.1": ErrSyntax, "999999999999999": nil, "1000000000000000": ErrTooLarge} {
		if _, err := FromDecimal(decimal.RequireFromString(in)); !errors.Is(err, want) {
			t.Errorf("FromDecimal(%s) = %v, want %v", in, err, want)
		}
	}
}

func TestJSONIsAText(t *testing.T) {
	b, err := json.Marshal(VND(1_350_000_000))
	if err != nil || string(b) != `"1350000000"` {
		t.Fatalf("%s, %v", b, err)
	}
	for _, in := range []string{`1`, `"1.000"`, `"1e9"`, `"-1"`, `null`, `""`, `"1 000"`, `{}`} {
		var a Amount
		if err := json.Unmarshal([]byte(in), &a); err == nil {
			t.Errorf("%s is taken as %s", in, a)
		}
	}
}

func TestScan(t *testing.T) {
	for _, in := range []any{[]byte("100.0000"), "100", int64(100)} {
		var a Amount
		if err := a.Scan(in); err != nil || !a.Equal(VND(100)) || a.String() != "100" {
			t.Errorf("Scan(%v) = %s, %v", in, a, err)
		}
	}
	for _, in := range []any{nil, 1.5, "NaN", "x", true} {
		var a Amount
		if err := a.Scan(in); err == nil {
			t.Errorf("Scan(%v) = %s", in, a)
		}
	}
}

func TestParseReadsWhatFormatWrites(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a := VND(rapid.Int64Range(0, 999_999_999_999_999).Draw(r, "amount"))
		for _, s := range []string{a.String(), a.Format(), strings.ReplaceAll(a.Format(), ".", " ")} {
			if got, err := Parse(s); err != nil || !got.Equal(a) {
				r.Fatalf("Parse(%q) = %s, %v", s, got, err)
			}
		}
		var back Amount
		b, _ := json.Marshal(a)
		if err := json.Unmarshal(b, &back); err != nil || !back.Equal(a) {
			r.Fatalf("JSON of %s = %s, %v", a, back, err)
		}
	})
}

// FuzzParse looks for a text that is read as an amount the text does not say.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "1.234.567", "1.234,5", "-0", "1e9", "NaN", "00", "1 234"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			return
		}
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, s)
		if a.String() != digits || a.Sign() < 0 || a.Cmp(Max) > 0 {
			t.Errorf("Parse(%q) = %s", s, a)
		}
	})
}

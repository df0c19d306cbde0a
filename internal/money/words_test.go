package money

import (
	"encoding/csv"
	"os"
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	f, err := os.Open("testdata/words_vi.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	more := [][]string{{"14", "Mười bốn đồng"}, {"11", "Mười một đồng"}, {"10860000000", "Mười tỷ tám trăm sáu mươi triệu đồng"},
		{"1000000000000001", "Một triệu tỷ không trăm linh một đồng"}, {"-5", "Âm năm đồng"}}
	for _, row := range slices.Concat(rows[1:], more) {
		var a Amount
		if err := a.Scan(row[0]); err != nil {
			t.Fatal(err)
		}
		if got := Words(a); got != row[1] {
			t.Errorf("Words(%s) = %q, want %q", row[0], got, row[1])
		}
	}
}

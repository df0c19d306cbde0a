package money

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var digits = [...]string{"không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"}

// Words writes an amount in Vietnamese as documents do: Một tỷ ba trăm năm mươi triệu đồng. A negative one
// starts with Âm.
func Words(a Amount) string {
	n := a.Decimal().Abs().IntPart()
	s := "không"
	if n > 0 {
		s = strings.Join(billions(n), " ")
	}
	if a.Sign() < 0 {
		s = "âm " + s
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:] + " đồng"
}

// billions reads what stands before the word tỷ as a number of its own: một nghìn tỷ.
func billions(n int64) []string {
	const billion = 1_000_000_000
	if n < billion {
		return millions(n, false)
	}
	words := append(billions(n/billion), "tỷ")
	if rest := n % billion; rest > 0 {
		words = append(words, millions(rest, true)...)
	}
	return words
}

// millions reads up to nine digits; inner says that digits stand in front, so that hundreds are not left out.
func millions(n int64, inner bool) (words []string) {
	for _, step := range []struct {
		size int64
		name string
	}{{1_000_000, "triệu"}, {1_000, "nghìn"}, {1, ""}} {
		part := n / step.size % 1000
		if part == 0 {
			continue
		}
		words = append(words, hundreds(part, inner)...)
		if step.name != "" {
			words = append(words, step.name)
		}
		inner = true
	}
	return words
}

func hundreds(n int64, inner bool) (words []string) {
	h, t, u := n/100, n/10%10, n%10
	if h > 0 || inner {
		words = append(words, digits[h], "trăm")
	}
	switch {
	case t == 0 && u > 0 && len(words) > 0:
		words = append(words, "linh")
	case t == 1:
		words = append(words, "mười")
	case t > 1:
		words = append(words, digits[t], "mươi")
	}
	switch {
	case u == 0:
	case u == 1 && t > 1:
		words = append(words, "mốt")
	case u == 4 && t > 1:
		words = append(words, "tư")
	case u == 5 && t > 0:
		words = append(words, "lăm")
	default:
		words = append(words, digits[u])
	}
	return words
}

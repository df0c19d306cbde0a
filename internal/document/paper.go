package document

import "kinhbac/internal/calendar"

// Head is the head of an A4 document: partial doc-head. Words are ready text in Vietnamese; an administrative
// document has no English original. Source: Decree 30/2020/NĐ-CP, Phụ lục I.
type Head struct {
	Agency string // superior body, may be empty
	Body   string // issuing body, printed bold
	Number string // số, ký hiệu; empty prints a blank to fill by hand
	Place  string
	On     calendar.Date
	Type   string // QUYẾT ĐỊNH, BIÊN BẢN, GIẤY TIẾP NHẬN …; empty for letters
	Title  string // trích yếu
}

// Dated is the line of place and date.
func (h Head) Dated() string { return h.Place + ", " + LongDate(h.On) }

// Sign is the block at the end of an A4 document: partial doc-sign.
type Sign struct {
	Receivers []string // Nơi nhận, one a line, without the dash
	Authority []string // lines in capitals: KT. CHỦ TỊCH, PHÓ CHỦ TỊCH
	Note      string   // in the place of the signature, e.g. (Chữ ký số)
	Name      string
}

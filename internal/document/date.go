package document

import (
	"fmt"

	"kinhbac/internal/calendar"
)

// LongDate writes a day as documents do: ngày 05 tháng 02 năm 2029, with a zero before days below 10 and
// months 1 and 2. Source: Decree 30/2020/NĐ-CP, Phụ lục I.
func LongDate(d calendar.Date) string {
	month := fmt.Sprint(int(d.Month()))
	if d.Month() <= 2 {
		month = "0" + month
	}
	return fmt.Sprintf("ngày %02d tháng %s năm %d", d.Day(), month, d.Year())
}

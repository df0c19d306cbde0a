package calendar

import "time"

// Holidays is the loaded table of public holidays and official swaps.
type Holidays struct {
	off     map[Date]bool // statutory days and swapped days off
	working map[Date]bool // Saturdays worked instead
}

// Holiday is one row of the reference data. Kind is statutory, swap, compensation or working_saturday.
type Holiday struct {
	Day  Date
	Kind string
}

// NewHolidays indexes the rows.
func NewHolidays(rows []Holiday) Holidays {
	h := Holidays{map[Date]bool{}, map[Date]bool{}}
	for _, r := range rows {
		if r.Kind == "working_saturday" {
			h.working[r.Day] = true
		} else {
			h.off[r.Day] = true
		}
	}
	return h
}

// Working says whether d is a working day.
func (h Holidays) Working(d Date) bool {
	if h.working[d] {
		return true
	}
	return !h.off[d] && d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
}

// AddWorkingDays is the n-th working day after d; the day d itself is not counted. n is not negative.
func (h Holidays) AddWorkingDays(d Date, n int) Date {
	for n > 0 {
		d = d.AddDays(1)
		if h.Working(d) {
			n--
		}
	}
	return d
}

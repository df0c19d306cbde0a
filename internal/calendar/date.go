// Package calendar counts days: calendar days (ngày), working days (ngày làm việc) with Vietnamese holidays as
// data, and instants with the zone Asia/Ho_Chi_Minh.
package calendar

import (
	"database/sql/driver"
	"fmt"
	"time"

	"kinhbac/internal/errs"
)

// Zone is Asia/Ho_Chi_Minh, in which every date is meant and shown.
var Zone = time.FixedZone("+07", 7*3600)

// Date is a day without a time. The zero Date is no date.
type Date struct{ t time.Time }

// ErrDate says how to type a date.
var ErrDate = errs.New(errs.Invalid, "calendar.date_syntax")

// On makes a date.
func On(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// DateOf is the day of an instant in Zone.
func DateOf(t time.Time) Date { y, m, d := t.In(Zone).Date(); return On(y, m, d) }

// ParseDate reads dd/MM/yyyy or yyyy-MM-dd, a day that exists, years 1900–2199.
func ParseDate(s string) (Date, error) {
	for _, layout := range []string{"02/01/2006", "2/1/2006", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1900 && t.Year() < 2200 {
			return Date{t}, nil
		}
	}
	return Date{}, ErrDate
}

// IsZero says that there is no date.
func (d Date) IsZero() bool { return d.t.IsZero() }

// Start is the first instant of the day in Zone.
func (d Date) Start() time.Time {
	y, m, day := d.t.Date()
	return time.Date(y, m, day, 0, 0, 0, 0, Zone)
}

// AddDays is n calendar days later.
func (d Date) AddDays(n int) Date { return Date{d.t.AddDate(0, 0, n)} }

// AddYears is n years later; 29/02 becomes the last day of February.
func (d Date) AddYears(n int) Date {
	y, m, day := d.t.Date()
	last := time.Date(y+n, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return On(y+n, m, min(day, last))
}

// Before says d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.t.Before(e.t) }

// After says d is a later day than e.
func (d Date) After(e Date) bool { return d.t.After(e.t) }

// Equal says both are the same day.
func (d Date) Equal(e Date) bool { return d.t.Equal(e.t) }

// Days is the number of calendar days from d to e; negative when e is earlier.
func (d Date) Days(e Date) int { return int(e.t.Sub(d.t) / (24 * time.Hour)) }

// Year is the calendar year.
func (d Date) Year() int { return d.t.Year() }

// Month is the month.
func (d Date) Month() time.Month { return d.t.Month() }

// Day is the day of the month.
func (d Date) Day() int { return d.t.Day() }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.t.Weekday() }

// String is yyyy-MM-dd, "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.t.Format(time.DateOnly)
}

// Format is dd/MM/yyyy, "" for no date.
func (d Date) Format() string {
	if d.IsZero() {
		return ""
	}
	return d.t.Format("02/01/2006")
}

// Value gives SQL a date, NULL for no date.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads a date column; NULL gives no date.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
		return nil
	case time.Time:
		*d = On(v.Date())
		return nil
	case []byte:
		return d.parse(string(v))
	case string:
		return d.parse(v)
	}
	return fmt.Errorf("calendar: cannot scan %T", src)
}

func (d *Date) parse(s string) error {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf("calendar: scan %q: %w", s, err)
	}
	*d = Date{t}
	return nil
}

// MarshalText writes yyyy-MM-dd.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads yyyy-MM-dd or dd/MM/yyyy; empty is no date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	p, err := ParseDate(string(b))
	if err == nil {
		*d = p
	}
	return err
}

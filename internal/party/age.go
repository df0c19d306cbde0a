package party

import "kinhbac/internal/calendar"

// TooOld says whether a firm first registered on one day is older than years on the reference day. The day of
// the last anniversary still counts as young enough; 29/02 has its anniversary on the last day of February.
// Source: Kế hoạch 151/KH-UBND, mục Đối tượng.
func TooOld(registered, reference calendar.Date, years int) bool {
	return reference.After(registered.AddYears(years))
}

package calendar_test

import (
	"errors"
	"testing"
	"time"

	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func date(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return d
}

func TestParseDate(t *testing.T) {
	for _, s := range []string{"05/02/2029", "5/2/2029", "2029-02-05"} {
		if got := date(t, s); got.String() != "2029-02-05" || got.Format() != "05/02/2029" {
			t.Errorf("%q gives %s", s, got)
		}
	}
	for _, s := range []string{"", "30/02/2029", "29/02/2027", "2029-13-01", "05/02/29", "05/02/1899", "05/02/2200", " 05/02/2029", "05-02-2029", "2029/02/05"} {
		if d, err := calendar.ParseDate(s); !errors.Is(err, calendar.ErrDate) {
			t.Errorf("%q gives %s, %v", s, d, err)
		}
	}
}

func TestDateOfIsTheDayInVietnam(t *testing.T) {
	for instant, want := range map[string]string{
		"2029-02-04T16:59:59Z": "2029-02-04",
		"2029-02-04T17:00:00Z": "2029-02-05",
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar.DateOf(at); got.String() != want {
			t.Errorf("%s is %s, want %s", instant, got, want)
		}
	}
	if got := date(t, "05/02/2029").Start().UTC().Format(time.RFC3339); got != "2029-02-04T17:00:00Z" {
		t.Errorf("the day starts at %s", got)
	}
}

func TestAddYearsEndsInFebruary(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{{"29/02/2028", 5, "2033-02-28"}, {"29/02/2028", 4, "2032-02-29"}, {"31/12/2026", 5, "2031-12-31"}} {
		if got := date(t, c.from).AddYears(c.n); got.String() != c.want {
			t.Errorf("%s + %d years = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestWorkingDaysOfTheRealTable(t *testing.T) {
	h, err := calendar.Load(t.Context(), dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from string
		n    int
		want string
		why  string
	}{
		{"20/11/2026", 1, "2026-11-23", "over a weekend"},
		{"30/12/2025", 2, "2026-01-05", "01/01 is off, 02/01 was swapped to 10/01"},
		{"09/01/2026", 1, "2026-01-10", "a Saturday that was worked instead"},
		{"13/02/2026", 1, "2026-02-23", "Tết 2026"},
		{"29/04/2026", 1, "2026-05-04", "30/04 and 01/05"},
		{"20/11/2026", 0, "2026-11-20", "nothing to count"},
	} {
		if got := h.AddWorkingDays(date(t, c.from), c.n); got.String() != c.want {
			t.Errorf("%s + %d working days = %s, want %s (%s)", c.from, c.n, got, c.want, c.why)
		}
	}
}

func TestDateInTheDatabase(t *testing.T) {
	db := dbtest.New(t)
	var got, none calendar.Date
	if err := db.NewRaw("SELECT ?::date, NULL::date", date(t, "05/02/2029")).Scan(t.Context(), &got, &none); err != nil {
		t.Fatal(err)
	}
	if got.String() != "2029-02-05" || !none.IsZero() {
		t.Errorf("%s, %s", got, none)
	}
}

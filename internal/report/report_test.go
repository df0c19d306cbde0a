package report_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/report"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/web/webtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestPublicPages(t *testing.T) {
	db, guest := dbtest.New(t), context.Background()
	w := webtest.New(t, db, accesstest.New(t), report.New(db).Routes)
	w.Get(guest, "/documents").Status(http.StatusOK).Has("Nghị định 268/2025/NĐ-CP", "Điều 12 khoản 3", "Giấy tiếp nhận", "Lý lịch nhóm thực hiện")
	w.Get(guest, "/faq").Status(http.StatusOK).Has("không quá 5 năm", "20 MB một tệp, 200 MB", "10 ngày làm việc", "/rules/innovation.contract")
	w.Get(guest, "/en/faq").Status(http.StatusOK).Has("Who may apply?", "200 MB a proposal")
}

// TestAnswersFollowTheRules changes a value and reads it in the answer; a rule nobody has set takes its question away.
func TestAnswersFollowTheRules(t *testing.T) {
	db, guest := dbtest.New(t), context.Background()
	w := webtest.New(t, db, accesstest.New(t), report.New(db).Routes)
	if _, err := db.ExecContext(t.Context(), "UPDATE rule_values SET value = '7' WHERE rule_id = 'payment.order_days'"); err != nil {
		t.Fatal(err)
	}
	w.Get(guest, "/faq").Has("7 ngày làm việc")
	if _, err := db.ExecContext(t.Context(), "UPDATE rule_values SET valid_to = '2000-01-01', valid_from = NULL WHERE rule_id = 'payment.treasury_days'"); err != nil {
		t.Fatal(err)
	}
	if body := w.Get(guest, "/faq").Body; strings.Contains(body, "Bao lâu thì nhận được tiền?") {
		t.Error("a question is answered without its rule")
	}
}

func TestInstruments(t *testing.T) {
	db := dbtest.New(t)
	list, err := rulebook.Instruments(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	var values int
	if err := db.NewRaw("SELECT count(DISTINCT rule_id) FROM rule_values WHERE status = 'in_force' AND instrument <> ''").Scan(t.Context(), &values); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for i, x := range list {
		sum += x.Values
		if i > 0 && x.Values > list[i-1].Values {
			t.Errorf("%s stands after %s", x.Name, list[i-1].Name)
		}
		if x.Unverified > x.Values {
			t.Errorf("%s: %d of %d unverified", x.Name, x.Unverified, x.Values)
		}
	}
	if sum != values {
		t.Errorf("%d values counted, %d in force", sum, values)
	}
}

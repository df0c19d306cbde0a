package revision

import (
	"context"
	"net/url"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/web/webtest"
)

func TestPages(t *testing.T) {
	ctx, db := context.Background(), dbtest.New(t)
	acc := accesstest.New(t)
	s := New(db, acc)
	w := webtest.New(t, db, acc, s.Routes)
	finance := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.FinanceOfficer}})
	chief := accesstest.As(t, ctx, db, accesstest.Person{Roles: []access.Role{access.ChiefAccountant}})

	w.Get(ctx, "/rules").Status(200).Has("Quy tắc và căn cứ pháp lý")
	w.Get(ctx, "/rules?topic=eligibility&sort=-name").Status(200).Has("Kế hoạch 151/KH-UBND")
	w.Get(ctx, "/rules?mark=none").Status(200).Has("payment.limit.act")
	w.Get(ctx, "/rules?q=quỹ&mark=unverified").Status(200).Has("Cần xác minh")
	w.Get(ctx, "/rules?q=khongcogi").Status(200).Has("Không có quy tắc nào")
	w.Get(ctx, "/rules.csv?topic=council").Status(200).Has("council.size_min")
	w.Get(ctx, "/rules/council.size_min").Status(200).Has("Điều 12 khoản 3")
	w.Get(ctx, "/rules/allocation.publish_days").Status(200).Has("Cần xác minh")
	w.Get(ctx, "/rules/none.such").Status(404)

	w.Get(finance, "/rules/payment.limit.act").Status(200).Has("Đề xuất giá trị")
	w.Post(finance, "/rules/payment.limit.act/propose", url.Values{"value": {"5.000,5"}}).Status(422).Has("Nhập số tiền bằng đồng")
	w.Post(finance, "/rules/payment.limit.act/propose", url.Values{"value": {"5.000.000.000"}}).Location("/rules/payment.limit.act")
	w.Post(finance, "/rules/payment.limit.act/propose", url.Values{"value": {"6.000.000.000"}}).Status(409)
	w.Post(ctx, "/rules/payment.limit.act/propose", url.Values{"value": {"1"}}).Status(401)
	waiting, err := s.Waiting(ctx)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%+v, %v", waiting, err)
	}
	w.Get(chief, "/rules/payment.limit.act").Status(200).Has("Xác nhận giá trị")
	if tasks, err := s.Tasks(chief); err != nil || len(tasks) != 1 {
		t.Errorf("%+v, %v", tasks, err)
	}
	if tasks, err := s.Tasks(finance); err != nil || len(tasks) != 0 {
		t.Errorf("%+v, %v", tasks, err)
	}
	form := url.Values{"value_id": {waiting[0].ID.String()}, "document_no": {"12/QĐ-STC ngày 02/01/2026"}, "document_on": {"02/01/2026"}}
	w.Post(finance, "/rules/payment.limit.act/confirm", form).Status(403)
	w.Post(chief, "/rules/payment.limit.act/confirm", form).Location("/rules/payment.limit.act")
	w.Get(ctx, "/rules/payment.limit.act").Status(200).Has("5.000.000.000").Has("12/QĐ-STC")

	var one Row
	w.API(finance, "GET", "/rules/council.size_min", nil, &one).Status(200)
	if one.Value != "7" {
		t.Errorf("%+v", one)
	}
	w.API(finance, "GET", "/rules?topic=fund", nil, nil).Status(200)
}

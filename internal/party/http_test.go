package party

import (
	"context"
	"net/url"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/web/webtest"
)

func form(change map[string]string) url.Values {
	v := url.Values{"kind": {"firm"}, "name": {"Công ty Cổ phần Giải pháp Sông Cầu"}, "tax_code": {"0100109106"}, "registered_on": {"04/05/2023"},
		"commune": {"07210"}, "address": {"Số 1"}, "head_name": {"Ngô Anh Dũng"}, "email": {"lienhe@songcau.example"}, "phone": {"0912 000 111"}}
	for k, s := range change {
		v.Set(k, s)
	}
	return v
}

func TestPages(t *testing.T) {
	ctx, db := context.Background(), dbtest.New(t)
	acc := accesstest.New(t)
	s := New(db, acc, granted{})
	w := webtest.New(t, db, acc, s.Routes)
	applicant, officer, head := person(t, db, access.Applicant), person(t, db, access.ProgrammeOfficer), person(t, db, access.DepartmentHead)

	w.Get(applicant, "/organisation").Status(200).Has("Chưa có đơn vị")
	w.Get(applicant, "/organisations/new").Status(200).Has("Ngày đăng ký lần đầu")
	w.Post(applicant, "/organisations/register", form(map[string]string{"tax_code": "0100109105"})).Status(422).Has("chữ số kiểm tra không đúng")
	w.Post(applicant, "/organisations/register", form(map[string]string{"registered_on": "01/01/2199"})).Status(422).Has("Nhập ngày không sau hôm nay")
	w.Post(applicant, "/organisations/register", form(map[string]string{"commune": "99999"})).Status(422).Has("Chọn xã, phường trong danh sách")
	w.Post(officer, "/organisations/none/update", form(nil)).Status(403)
	w.Post(applicant, "/organisations/register", form(nil)).Location("/organisation")
	w.Post(person(t, db, access.Applicant), "/organisations/register", form(nil)).Status(422).Has("đã được đăng ký")

	list, err := s.Mine(applicant)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	o := &list[0]
	path := "/organisations/" + o.ID.String()
	own := acting(applicant, o, access.Applicant)
	w.Get(own, "/organisation").Status(200).Has("Sông Cầu")
	w.Get(own, path).Status(200).Has("Sửa thông tin").Has("Mời thành viên")
	w.Get(person(t, db, access.Applicant), path).Status(404)
	w.Get(officer, path).Status(200).Has("Ghi hạn chế")
	w.Get(officer, "/organisations").Status(200).Has("Sông Cầu")
	w.Get(officer, "/organisations?q=song+cau&kind=firm&sort=-registered_on").Status(200).Has("Sông Cầu")
	w.Get(officer, "/organisations?kind=group").Status(200).Has("Không có đơn vị nào")
	w.Get(officer, "/organisations.csv").Status(200).Has("0100109106")

	w.Post(own, path+"/update", form(map[string]string{"version": "1", "address": "Số 2"})).Location(path)
	w.Post(own, path+"/update", form(map[string]string{"version": "1", "address": "Số 3"})).Status(409).Has("Số 2").Has("Số 3")
	w.Post(own, path+"/invite", url.Values{"login": {"hien@songcau.example"}, "signatory": {"true"}}).Location(path)
	w.Post(own, path+"/invite", url.Values{"login": {"hien@songcau.example"}}).Status(409)
	w.Get(own, path).Status(200).Has("Chờ nhận lời")

	w.Post(officer, path+"/bar", url.Values{"bar_kind": {"unrepaid"}, "since": {"01/02/2025"}, "document": {"1/QĐ-UBND"}}).Status(422).Has("lớn hơn 0 đồng")
	w.Post(officer, path+"/bar", url.Values{"bar_kind": {"unrepaid"}, "amount": {"1.000.000"}, "since": {"01/02/2025"}, "document": {"1/QĐ-UBND"}}).Location(path)
	w.Get(head, path).Status(200).Has("Gỡ hạn chế")
	bs, err := Bars(ctx, db, o.ID)
	if err != nil || len(bs) != 1 {
		t.Fatalf("%+v, %v", bs, err)
	}
	w.Post(head, path+"/lift", url.Values{"bar": {bs[0].ID.String()}, "lifted_document": {"2/QĐ-UBND"}}).Location(path)

	var out organisationOut
	w.API(officer, "GET", path, nil, &out).Status(200)
	if out.TaxCode != "0100109106" || out.Version != 2 {
		t.Errorf("%+v", out)
	}
	w.API(officer, "GET", "/organisations", nil, nil).Status(200)
	in := firm()
	in.TaxCode = "0100109105"
	w.API(person(t, db, access.Applicant), "POST", "/organisations/register", in, nil).Status(422)
}

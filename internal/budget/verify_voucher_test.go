package budget

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"

	"kinhbac/internal/ledger"
	"kinhbac/internal/money"
	"kinhbac/internal/web/webtest"
)

// A voucher shows its digest, place, root and key, and lends the proof that is checked without the database.
func TestVoucherShowsItsProof(t *testing.T) {
	o := open(t)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	o.root(t, "NS", 48_500_000_000)
	var no string
	if err := o.db.NewRaw("SELECT min(number) FROM ledger.journals WHERE number LIKE 'NS-%'").Scan(t.Context(), &no); err != nil {
		t.Fatal(err)
	}
	w.Get(o.officer, "/vouchers/"+no).Status(200).Has("Chờ niêm phong")
	w.API(o.officer, "GET", "/vouchers/"+no+"/proof", nil, nil).Status(409).Has("audit.unsealed")
	o.seal(t)
	var raw json.RawMessage
	w.API(o.officer, "GET", "/vouchers/"+no+"/proof", nil, &raw).Status(200)
	proof := new(ledger.VoucherProof)
	if err := json.Unmarshal(raw, proof); err != nil {
		t.Fatal(err)
	}
	if err := proof.Check(ed25519.PublicKey(proof.Inclusion.Head.PublicKey)); err != nil {
		t.Error(err)
	}
	w.Get(o.officer, "/vouchers/"+no).Status(200).Has(proof.Inclusion.Head.Root.String()).Has(proof.Inclusion.Digest.String()).
		Has("Khóa công khai").Has(" trong cây 1 bút toán").Has("Luật Ngân sách nhà nước").Has("/api/v1/vouchers/" + no + "/proof")
	w.Get(t.Context(), "/vouchers/"+no).Status(401)
	w.API(o.officer, "GET", "/vouchers/"+strings.Replace(no, "0", "9", 1)+"/proof", nil, nil).Status(404)
}

// A commitment made straight on a line leads from the statement to its document: what it committed, what was given back
// of it, and both ways between the vouchers.
func TestVoucherShowsTheCommitment(t *testing.T) {
	o := open(t)
	w := webtest.New(t, o.db, o.acc, o.svc.Routes)
	a := o.line(t, 2026, nil, "A", StateBudget, 1000)
	if err := o.commit(t, a, 300); err != nil {
		t.Fatal(err)
	}
	claims, err := o.svc.Claims(t.Context(), o.db, a)
	if err != nil || len(claims) != 1 {
		t.Fatalf("claims %+v, %v", claims, err)
	}
	w.Get(o.officer, href(a)).Status(200).Has(`<a href="` + claims[0].Href + `">` + claims[0].No)
	w.Get(o.officer, claims[0].Href).Status(200).Has("Chứng từ cam kết " + claims[0].No).Has("Đang giữ").Has("300 đ").Lacks("Đã hủy cam kết")
	o.do(t, a, ProposeInput{Kind: Release, Amount: money.VND(120), FreesKind: "commitment", Frees: claims[0].ID})
	var freed string
	if err := o.db.NewRaw("SELECT voucher FROM budget_acts WHERE frees_id = ?", claims[0].ID).Scan(t.Context(), &freed); err != nil {
		t.Fatal(err)
	}
	w.Get(o.officer, claims[0].Href).Status(200).Has("Đã hủy cam kết").Has("120 đ").Has(`href="/vouchers/` + freed + `"`).Has("180 đ")
	w.Get(o.officer, "/vouchers/"+freed).Status(200).Lacks("Chứng từ cam kết ")
}

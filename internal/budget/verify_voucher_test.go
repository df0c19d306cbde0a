package budget

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"

	"kinhbac/internal/ledger"
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

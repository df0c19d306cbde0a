package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/web"
)

func subject(ctx context.Context) string { return access.From(ctx).ID.String() }

// TestHostileForms sends the corpus of bad input to the fields of the sample form: each is refused with 422, or
// read back exactly; nothing is a 500.
func TestHostileForms(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	refused := map[string][]string{
		"amount": {"1.234,5", "-0", "+1", "1e9", "1E+3", "NaN", "Inf", "0x10", "1_000", "1,000", "1.00", "12.34.567", ".5", "5.", "00012", "１２", "٣", "−5", "-5",
			"9999999999999999", "1 000.000", "1.000 000", "999.999.999.999.9999", "1;2", "1'--"},
		"rate":    {"1.5", "1e3", "NaN", "1,2,3", "1.2.3", ",5", "5,", "1,123456789", "0x1", "１", "9999999999999999"},
		"day":     {"31/02/2026", "29/02/2026", "29/02/2100", "00/00/0000", "01/13/2026", "1/1/26", "10000-01-01", "2026-13-01", "24/11/1800", "today", "24.11.2026"},
		"at":      {"31/02/2026 10:00", "24/11/2026 24:01", "24/11/2026 23:60", "24/11/2026", "10:00"},
		"owner":   {"1", "00000000-0000-0000-0000-00000000000", "{5c1e0000-0000-4000-8000-000000000001}", "urn:uuid:5c1e0000-0000-4000-8000-000000000001", "5c1e0000000040008000000000000001", "' OR 1=1"},
		"version": {"1.5", "1e3", "0x1", "99999999999999999999", "--1", "1 2"},
		"agree":   {"maybe", "2", "yes!"},
		"title":   {"", "   ", "\u00a0", strings.Repeat("x", 41), "a\x00b", "a\xffb", "a\u202egpj.exe", "a\x07b", "\ufffd", "a\u2066b"},
		"unknown": {"1"}, "items[0].nope": {"1"}, "items[x].name": {"1"}, "items[-1].name": {"1"}, "items[999999999].name": {"1"}, "items[0": {"1"},
		"title.x": {"1"}, "a[999999999]": {"1"}, "_method": {"DELETE"}, "Title": {"x"}, "items[0].name.x.y.z.a.b.c.d.e.f": {"1"},
	}
	for field, values := range refused {
		for _, v := range values {
			form := url.Values{"title": {"Tốt"}}
			form.Set(field, v)
			if a := w.Post(ctx, "/samples/add", form); a.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s = %q: status %d", field, v, a.Code)
			}
		}
	}
	if room.count(t) != 0 {
		t.Error("a refused input was stored")
	}
	accepted := map[string][]string{
		"amount": {"0", "1.350.000.000", "1350000000", "1 350 000 000", "1\u00a0350", "999.999.999.999.999", ""},
		"rate":   {"69,5", "-1,25", "1.234,5", "0"}, "day": {"29/02/2024", "1/2/2026", "2026-11-24", ""}, "at": {"24/11/2026 17:00", "17:00, 24/11/2026"},
		"title": {"Nguyễn Đặng Thị Ước", "a'b\"c", "<b>x</b>", "1--1", "?", "$1", "\\?", "%_\\", "=cmd()", "e\u0302\u0301", "😀", "{{.}}"},
		"agree": {"on", "true", ""}, "roles": {"a"}, "roles[0]": {"a"}, "items[3].name": {"x"},
	}
	for field, values := range accepted {
		for _, v := range values {
			form := url.Values{"title": {"Tốt"}}
			form.Set(field, v)
			if a := w.Post(ctx, "/samples/add", form); a.Code != http.StatusSeeOther {
				t.Errorf("%s = %q: status %d", field, v, a.Code)
			}
		}
	}
	deep := url.Values{"title": {"a"}} // names that would make millions of empty rows
	for i := range 1000 {
		deep.Set(fmt.Sprintf("a%d[499].b[499].c[499].d[499]", i), "1")
	}
	w.Post(ctx, "/samples/add", deep).Status(http.StatusUnprocessableEntity).Has("Bớt số trường")
	twice := url.Values{"title": {"a", "b"}}
	w.Post(ctx, "/samples/add", twice).Status(http.StatusUnprocessableEntity)
	w.Post(ctx, "/samples/add", url.Values{"title": {"a"}, "roles": {"1", "2", "3", "4"}}).Status(http.StatusUnprocessableEntity)
}

// TestStrictJSON sends what lenient parsers accept.
func TestStrictJSON(t *testing.T) {
	w, room := sample(t)
	ctx := person(t, room)
	csrf := web.CSRFToken("session-of-" + subject(ctx))
	send := func(body string) int {
		return w.Raw(ctx, "POST", "/api/v1/samples/add", []byte(body), map[string]string{"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": uuid.NewString(), "X-CSRF-Token": csrf}).Code
	}
	for _, body := range []string{
		`{"title":"a","title":"b"}`, `{"Title":"a"}`, `{"title":"a","extra":1}`, `{"title":"a"} {}`, `{"title":"a"}x`, `[]`, `"a"`, `null`, `{`, `{"title":1}`,
		`{"title":null}`, `{}`, `{"title":"a","amount":5}`, `{"title":"a","amount":"1.000"}`, `{"title":"a","amount":"-1"}`, `{"title":"a","amount":"1e3"}`,
		`{"title":"a","amount":"1,5"}`, `{"title":"a","amount":9007199254740993}`, `{"title":"a","version":1.5}`, `{"title":"a","version":"1"}`,
		`{"title":"a","version":1e2}`, `{"title":"a","rate":"69,5"}`, `{"title":"a","rate":1.5}`, `{"title":"a","at":"24/11/2026 10:00"}`, `{"title":"a","agree":"true"}`,
		`{"title":"\ud800"}`, "{\"title\":\"a\xff\"}", `{"title":"a\u0000b"}`, `{"title":"a","items":[{"name":"x","nope":1}]}`, `{"title":"a","items":{}}`,
		`{"title":"a","roles":["1","2","3","4"]}`, `{"title":"a","x":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + `}`, `{"title":"a","_key":"b"}`,
	} {
		if code := send(body); code != http.StatusUnprocessableEntity {
			t.Errorf("%.80s: status %d", body, code)
		}
	}
	for _, body := range []string{
		`{"title":"a"}`, `{"title":"a","amount":"1350000000","version":3,"rate":"69.5","day":"2026-11-24","at":"2026-11-24T10:00:00+07:00","agree":true}`,
		`{"title":"a","items":[{"name":"x","amount":"5"},{"name":"y","amount":null}],"roles":[]}`,
	} {
		if code := send(body); code != http.StatusOK {
			t.Errorf("%s: status %d", body, code)
		}
	}
	var many strings.Builder
	for i := range 50000 {
		fmt.Fprintf(&many, `"k%d":1,`, i)
	}
	if code := send(`{` + many.String() + `"title":"a"}`); code != http.StatusUnprocessableEntity {
		t.Errorf("50,000 keys: status %d", code)
	}
	var some strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&some, `"k%d":1,`, i)
	}
	a := w.Raw(ctx, "POST", "/api/v1/samples/add", []byte(`{`+some.String()+`"title":"a"}`), map[string]string{"Content-Type": "application/json", "Idempotency-Key": uuid.NewString(), "X-CSRF-Token": csrf})
	if n := strings.Count(a.Body, "web.unknown_field"); a.Code != http.StatusUnprocessableEntity || n != 100 {
		t.Errorf("1,500 keys: status %d, %d of them named", a.Code, n)
	}
	var out sampleOut
	w.API(ctx, "POST", "/samples/add", sampleJSON{"Sông Cầu", "5"}, &out).Status(http.StatusOK)
	if out.Title != "Sông Cầu" || out.Amount.String() != "5" {
		t.Errorf("answer %+v", out)
	}
	w.API(ctx, "POST", "/samples/add", sampleJSON{"", "x"}, nil).Status(http.StatusUnprocessableEntity).Has(`"name":"title"`, `"code":"money.syntax"`)
}

type sampleJSON struct {
	Title  string `json:"title"`
	Amount string `json:"amount"`
}

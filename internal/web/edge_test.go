package web_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestTooLargeIsSaid sends more than the limit over a real connection: the sender reads the words, not a reset.
func TestTooLargeIsSaid(t *testing.T) {
	w, room := sample(t)
	at := "http://" + w.Listen()
	cookie, csrf := w.Session(person(t, room))
	send := func(path, kind, accept string, size int64, body io.Reader) (int, string, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, at+path, body)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = size
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Accept", accept)
		req.Header.Set("Cookie", cookie)
		req.Header.Set("X-CSRF-Token", csrf)
		req.Header.Set("Idempotency-Key", uuid.NewString())
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatalf("%s of %d bytes: %v", path, size, err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("Content-Type"), string(b)
	}
	form := "multipart/form-data; boundary=x"
	zeros := func(n int64) io.Reader { return io.LimitReader(zero{}, n) }
	for _, c := range []struct {
		name, path, kind, accept, want string
		size, sent                     int64
	}{
		{"a file of 30 MB", "/samples/add", form, "text/html", "20 MB", 30 << 20, 30 << 20},
		{"a file of 200 MB", "/samples/add", form, "text/html", "20 MB", 200 << 20, 200 << 20},
		{"a file whose size is not told", "/samples/add", form, "text/html", "20 MB", -1, 30 << 20},
		{"a form of 2 MB", "/samples/add", "application/x-www-form-urlencoded", "text/html", "1 MB", 2 << 20, 2 << 20},
		{"the API", "/api/v1/samples/add", "application/json", "application/json", "urn:kinhbac:web.too_large", 2 << 20, 2 << 20},
		{"a file to the API", "/api/v1/samples/add", form, "application/json", "urn:kinhbac:web.too_large", 30 << 20, 30 << 20},
	} {
		code, kind, body := send(c.path, c.kind, c.accept, c.size, zeros(c.sent))
		if code != http.StatusRequestEntityTooLarge || !strings.Contains(body, c.want) || strings.Contains(c.want, "urn:") != (kind == "application/problem+json") {
			t.Errorf("%s: %d, %s: %.200s", c.name, code, kind, body)
		}
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range map[string]string{"_csrf": csrf, "_key": uuid.NewString(), "title": "Một"} {
		m.WriteField(k, v)
	}
	f, _ := m.CreateFormFile("file", "a.pdf")
	io.Copy(f, zeros(20<<20))
	m.Close()
	if code, _, body := send("/samples/add", m.FormDataContentType(), "text/html", int64(b.Len()), &b); code != http.StatusOK || room.count(t) != 1 { // after the redirect
		t.Errorf("a file of 20 MB: %d, %d rows: %.300s", code, room.count(t), body)
	}
	if code, _, _ := send("/samples/add", "application/json", "text/html", 2, strings.NewReader("{}")); code != http.StatusUnprocessableEntity {
		t.Errorf("the next request: %d", code)
	}
}

type zero struct{}

func (zero) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestEdgeSpeaksOurWords sends what no route and no parser takes.
func TestEdgeSpeaksOurWords(t *testing.T) {
	w, room := sample(t)
	at := w.Listen()
	cookie, csrf := w.Session(person(t, room))
	part := func(name string) string {
		body := "--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n" + csrf + "\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\nabc\r\n--x--\r\n"
		return fmt.Sprintf("POST /samples/add HTTP/1.1\r\nHost: kinhbac.test\r\nCookie: %s\r\nAccept: text/html\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n%s", cookie, len(body), body)
	}
	for name, c := range map[string]struct {
		raw  string
		code int
		want string
	}{
		"a method nobody knows":       {"BREW /samples HTTP/1.1\r\nHost: kinhbac.test\r\nAccept: text/html\r\n\r\n", 405, "không nhận cách gửi đó"},
		"the same in English":         {"BREW /en/samples HTTP/1.1\r\nHost: kinhbac.test\r\nAccept: text/html\r\n\r\n", 405, "does not take that method"},
		"the same for programs":       {"BREW /api/v1/samples HTTP/1.1\r\nHost: kinhbac.test\r\n\r\n", 405, "urn:kinhbac:web.method"},
		"a method no route has":       {"PUT /samples HTTP/1.1\r\nHost: kinhbac.test\r\nAccept: text/html\r\nContent-Length: 0\r\n\r\n", 404, "Không tìm thấy"},
		"NUL in a file name":          {part("a\x00.pdf"), 422, "Đổi tên tệp rồi gửi lại"},
		"a line break in a file name": {part("a\r\nb.pdf"), 422, "Đổi tên tệp rồi gửi lại"},
		"a header of 20 kB":           {"GET /samples HTTP/1.1\r\nHost: kinhbac.test\r\nAccept: text/html\r\nX: " + strings.Repeat("a", 20<<10) + "\r\n\r\n", 431, "Yêu cầu không đúng dạng"},
		"a header that is none":       {"GET /samples HTTP/1.1\r\nHost: kinhbac.test\r\nbroken\r\n\r\n", 400, "Yêu cầu không đúng dạng"},
		"a length that is none":       {"POST /samples/add HTTP/1.1\r\nHost: kinhbac.test\r\nContent-Length: many\r\n\r\n", 400, "Yêu cầu không đúng dạng"},
	} {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, c.raw); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := io.ReadAll(res.Body)
		conn.Close()
		if err != nil || res.StatusCode != c.code || !strings.Contains(string(b), c.want) {
			t.Errorf("%s: %d: %.300s, %v", name, res.StatusCode, b, err)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: headers %v", name, res.Header)
		}
	}
}

package journey

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kinhbac/internal/demo"
)

// visitor is one person at a browser without script: cookies, the last page, its forms.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
	page page
	tick func() // lets the next one-time code come up
}

type page struct {
	status int
	path   string
	body   string
	doc    *html.Node
}

func newVisitor(t *testing.T, base string, tick func()) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, base: base, http: &http.Client{Jar: jar}, tick: tick}
}

func (v *visitor) do(req *http.Request) *visitor {
	v.t.Helper()
	req.Header.Set("Accept", "text/html")
	res, err := v.http.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	doc, err := html.Parse(bytes.NewReader(b))
	if err != nil {
		v.t.Fatal(err)
	}
	v.page = page{res.StatusCode, res.Request.URL.Path, string(b), doc}
	return v
}

func (v *visitor) get(path string) *visitor {
	v.t.Helper()
	req, err := http.NewRequest("GET", v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(req)
}

// submit sends the form of the page at hand whose action (or a button's formaction) is action, with its hidden
// fields and preset values, overlaid with values. A page that asks for the second factor is answered with the
// code it shows.
func (v *visitor) submit(action string, values url.Values) *visitor {
	v.t.Helper()
	form := v.form(action)
	if form == nil {
		v.t.Fatalf("no form for %s on %s (%d):\n%s", action, v.page.path, v.page.status, v.text())
	}
	fields := defaults(form)
	for k, vs := range values {
		fields[k] = vs
	}
	v.post(action, fields)
	for range 2 {
		if v.page.status != http.StatusForbidden || !strings.Contains(v.page.body, `name="_code"`) {
			break
		}
		v.tick()
		v.confirm(action)
	}
	return v
}

// confirm answers the step-up page of action with the code shown on it for the demo.
func (v *visitor) confirm(action string) {
	v.t.Helper()
	form := v.form(action)
	if form == nil {
		v.t.Fatalf("the confirmation page has no form for %s:\n%s", action, v.text())
	}
	code := findCode(form)
	if strings.Contains(v.page.body, `type="password"`) {
		code = demo.Password // people without a one-time code type their password again
	}
	if code == "" {
		v.t.Fatalf("the confirmation page shows no code:\n%s", v.text())
	}
	fields := defaults(form)
	fields.Set("_code", code)
	v.post(action, fields)
}

func (v *visitor) post(action string, fields url.Values) *visitor {
	v.t.Helper()
	req, err := http.NewRequest("POST", v.base+action, strings.NewReader(fields.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", v.base)
	return v.do(req)
}

// upload sends one file with the hidden fields of the form for action.
func (v *visitor) upload(action, field, name string, content []byte, values url.Values) *visitor {
	v.t.Helper()
	form := v.form(action)
	if form == nil {
		v.t.Fatalf("no form for %s on %s:\n%s", action, v.page.path, v.text())
	}
	fields := defaults(form)
	for k, vs := range values {
		fields[k] = vs
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, vs := range fields {
		for _, x := range vs {
			if k != field {
				_ = w.WriteField(k, x)
			}
		}
	}
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		v.t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = w.Close()
	req, err := http.NewRequest("POST", v.base+action, &b)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Origin", v.base)
	return v.do(req)
}

func (v *visitor) ok(phrases ...string) *visitor {
	v.t.Helper()
	if v.page.status != 200 {
		v.t.Fatalf("%s answered %d:\n%s", v.page.path, v.page.status, v.text())
	}
	return v.says(phrases...)
}

func (v *visitor) refused(status int, phrases ...string) *visitor {
	v.t.Helper()
	if v.page.status != status {
		v.t.Fatalf("%s answered %d, want %d:\n%s", v.page.path, v.page.status, status, v.text())
	}
	return v.says(phrases...)
}

func (v *visitor) says(phrases ...string) *visitor {
	v.t.Helper()
	text := v.text()
	for _, p := range phrases {
		if !strings.Contains(text, p) {
			v.t.Fatalf("%s does not say %q:\n%s", v.page.path, p, text)
		}
	}
	return v
}

// link gives the first href on the page that matches the pattern.
func (v *visitor) link(pattern string) string {
	v.t.Helper()
	re := regexp.MustCompile(pattern)
	var found string
	walk(v.page.doc, func(n *html.Node) {
		if found == "" && n.Data == "a" && re.MatchString(attr(n, "href")) {
			found = attr(n, "href")
		}
	})
	if found == "" {
		v.t.Fatalf("%s has no link like %s:\n%s", v.page.path, pattern, v.text())
	}
	return found
}

// action gives the first form action or formaction on the page that matches the pattern.
func (v *visitor) action(pattern string) string {
	v.t.Helper()
	re := regexp.MustCompile(pattern)
	var found string
	walk(v.page.doc, func(n *html.Node) {
		for _, a := range []string{attr(n, "action"), attr(n, "formaction")} {
			if found == "" && a != "" && re.MatchString(a) {
				found = a
			}
		}
	})
	if found == "" {
		v.t.Fatalf("%s has no form like %s:\n%s", v.page.path, pattern, v.text())
	}
	return found
}

func (v *visitor) form(action string) *html.Node {
	var found *html.Node
	walk(v.page.doc, func(n *html.Node) {
		if found != nil || n.Data != "form" || !strings.EqualFold(attr(n, "method"), "post") {
			return
		}
		if attr(n, "action") == action || attr(n, "action") == "" && v.page.path == action {
			found = n
			return
		}
		walk(n, func(b *html.Node) {
			if attr(b, "formaction") == action {
				found = n
			}
		})
	})
	return found
}

// defaults is what a browser would send for an untouched form.
func defaults(form *html.Node) url.Values {
	out := url.Values{}
	walk(form, func(n *html.Node) {
		name := attr(n, "name")
		if name == "" || has(n, "disabled") {
			return
		}
		switch n.Data {
		case "input":
			switch attr(n, "type") {
			case "checkbox", "radio":
				if has(n, "checked") {
					out.Add(name, attr(n, "value"))
				}
			case "file", "submit", "button":
			default:
				out.Add(name, attr(n, "value"))
			}
		case "textarea":
			out.Add(name, inner(n))
		case "select":
			chosen, options := "", 0
			walk(n, func(o *html.Node) {
				if o.Data != "option" {
					return
				}
				if options++; options == 1 || has(o, "selected") { // the first stands until another is marked
					chosen = attr(o, "value")
				}
			})
			out.Add(name, chosen)
		}
	})
	return out
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// findCode reads the code a demo page shows beside its code field: an element marked data-demo-code, else six
// digits in the form's text.
func findCode(form *html.Node) string {
	var code string
	walk(form, func(n *html.Node) {
		if c := attr(n, "data-demo-code"); c != "" && code == "" {
			code = c
		}
	})
	if code == "" {
		code = sixDigits.FindString(inner(form))
	}
	return code
}

func (v *visitor) text() string {
	return regexp.MustCompile(`\s+`).ReplaceAllString(inner(v.page.doc), " ")
}

func walk(n *html.Node, f func(*html.Node)) {
	if n.Type == html.ElementNode {
		f(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, f)
	}
}

func inner(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style") {
		return ""
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(inner(c))
		b.WriteByte(' ')
	}
	return b.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func form(kv ...string) url.Values {
	if len(kv)%2 != 0 {
		panic(fmt.Sprint("odd form ", kv))
	}
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return v
}

package webtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// contract is the application's own description of its API, as far as answers are compared with it.
type contract struct {
	Paths map[string]map[string]struct {
		RequestBody struct {
			Content map[string]struct {
				Schema schema `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
		Responses map[string]struct {
			Content map[string]struct {
				Schema schema `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       types             `json:"type"`
	Format     string            `json:"format"`
	Pattern    string            `json:"pattern"`
	Items      *schema           `json:"items"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
}

// types is one type or several.
type types []string

func (t *types) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = types{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

func readContract(t testing.TB, w *Web) *contract {
	t.Helper()
	a := w.send(context.Background(), http.MethodGet, "/api/openapi.json", nil, nil)
	var c contract
	if err := json.Unmarshal([]byte(a.Body), &c); err != nil {
		t.Fatalf("the OpenAPI document: %v", err)
	}
	return &c
}

// check compares an answer with what the document promises for its path and status.
func (c *contract) check(t testing.TB, method, path string, a *Answer) {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	op, ok := c.Paths[c.find("/api/v1"+path)][strings.ToLower(method)]
	if !ok {
		if a.Code != http.StatusNotFound && a.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: not in the OpenAPI document", a.what)
		}
		return
	}
	response, ok := op.Responses[fmt.Sprint(a.Code)]
	if !ok {
		response = op.Responses["default"]
	}
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	media, ok := response.Content[kind]
	if !ok {
		t.Errorf("%s: the document has no %s for %d", a.what, kind, a.Code)
		return
	}
	var v any
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		t.Errorf("%s: %v", a.what, err)
		return
	}
	if err := c.fits(v, media.Schema, "answer"); err != nil {
		t.Errorf("%s: not what the OpenAPI document says: %v", a.what, err)
	}
}

// takesFile says that the document describes a form with a file for the command.
func (c *contract) takesFile(path string) bool {
	return c.Paths[c.find("/api/v1"+path)]["post"].RequestBody.Content["multipart/form-data"].Schema.Properties["file"].Format == "binary"
}

// find is the documented path whose literal segments match best; parameters match anything.
func (c *contract) find(path string) string {
	want := strings.Split(path, "/")
	best, most := "", -1
	for p := range c.Paths {
		segs, literal := strings.Split(p, "/"), 0
		if len(segs) != len(want) {
			continue
		}
		for i, s := range segs {
			if s == want[i] {
				literal++
			} else if !strings.HasPrefix(s, "{") {
				literal = -1
				break
			}
		}
		if literal > most {
			best, most = p, literal
		}
	}
	return best
}

// fits says where v is not what the schema says.
func (c *contract) fits(v any, s schema, at string) error {
	if s.Ref != "" {
		s = c.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	if len(s.Type) == 0 {
		return nil
	}
	if got := typeOf(v); !slices.Contains(s.Type, got) && !(got == "integer" && slices.Contains(s.Type, "number")) {
		return fmt.Errorf("%s is %s, not %s", at, got, strings.Join(s.Type, " or "))
	}
	switch v := v.(type) {
	case string:
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
			return fmt.Errorf("%s %q does not match %s", at, v, s.Pattern)
		}
	case []any:
		for i, item := range v {
			if err := c.fits(item, *s.Items, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				return fmt.Errorf("%s lacks %s", at, name)
			}
		}
		for name, item := range v {
			p, ok := s.Properties[name]
			if !ok && len(s.Properties) > 0 {
				return fmt.Errorf("%s has %s, which is not documented", at, name)
			}
			if err := c.fits(item, p, at+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

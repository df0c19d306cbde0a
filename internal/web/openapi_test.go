package web_test

import (
	"context"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestOpenAPI loads the generated document with a validator that is not ours.
func TestOpenAPI(t *testing.T) {
	w, _ := sample(t)
	a := w.Raw(context.Background(), "GET", "/api/openapi.json", nil, nil).Status(200)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(a.Body))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Errorf("the OpenAPI document: %v", err)
	}
	add := doc.Paths.Find("/api/v1/samples/add")
	if add == nil || add.Post == nil {
		t.Fatal("the sample command is not described")
	}
	body := add.Post.RequestBody.Value.Content.Get("application/json").Schema.Value
	if len(body.Required) != 1 || body.Required[0] != "title" {
		t.Errorf("required: %v", body.Required)
	}
	if err := body.VisitJSON(map[string]any{"title": "x", "amount": "5"}); err != nil {
		t.Errorf("a right body is refused: %v", err)
	}
	if err := body.VisitJSON(map[string]any{"title": "x", "nope": "5"}); err == nil {
		t.Error("an unknown field fits the document")
	}
}

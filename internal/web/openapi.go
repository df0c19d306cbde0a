package web

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// openAPI describes every route under /api/v1 from the Go types that serve it, as OpenAPI 3.1.
func (rt *Router) openAPI() ([]byte, error) {
	s := &schemas{defs: map[string]schema{}, names: map[reflect.Type]string{}}
	paths := map[string]map[string]operation{}
	for _, r := range sorted(rt.routes) {
		if !strings.HasPrefix(r.path, apiRoot) {
			continue
		}
		p := pathParam.ReplaceAllString(r.path, "{$1}")
		if paths[p] == nil {
			paths[p] = map[string]operation{}
		}
		paths[p][strings.ToLower(r.method)] = s.operation(r)
	}
	doc := apiDoc{OpenAPI: "3.1.0", Paths: paths}
	doc.Info.Title, doc.Info.Version = "Kinh Bắc", "1"
	doc.Info.Description = "Amounts are whole đồng as strings, instants RFC 3339, days yyyy-MM-dd. Every command needs an Idempotency-Key; with a session cookie also X-CSRF-Token (GET /api/v1/session). Acts on money or decisions answer 403 urn:kinhbac:access.step_up until X-Step-Up-Code is sent. An edit names the version it was read at, in the body or as If-Match with the ETag of the answer: 428 without, 412 when it is no longer the present one."
	s.defs["problem"] = s.object(reflect.TypeFor[problem]())
	doc.Components.Schemas = s.defs
	doc.Components.SecuritySchemes = map[string]securityScheme{"session": {Type: "apiKey", In: "cookie", Name: rt.cookieName()}}
	return json.Marshal(doc)
}

var pathParam = regexp.MustCompile(`:([A-Za-z_]+)`)

type apiDoc struct {
	OpenAPI string `json:"openapi"`
	Info    struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Description string `json:"description"`
	} `json:"info"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas         map[string]schema         `json:"schemas"`
		SecuritySchemes map[string]securityScheme `json:"securitySchemes"`
	} `json:"components"`
}

type securityScheme struct {
	Type string `json:"type"`
	In   string `json:"in"`
	Name string `json:"name"`
}

type operation struct {
	ID          string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Parameters  []parameter           `json:"parameters,omitempty"`
	RequestBody *content              `json:"requestBody,omitempty"`
	Responses   map[string]content    `json:"responses"`
	Security    []map[string][]string `json:"security,omitempty"`
}

type parameter struct {
	Name     string `json:"name"`
	In       string `json:"in"`
	Required bool   `json:"required"`
	Schema   schema `json:"schema"`
}

type content struct {
	Description string               `json:"description"`
	Required    bool                 `json:"required,omitempty"`
	Content     map[string]mediaType `json:"content"`
}

type mediaType struct {
	Schema schema `json:"schema"`
}

// schema is the part of JSON Schema that the types of this program need.
type schema struct {
	Ref         string            `json:"$ref,omitempty"`
	Type        any               `json:"type,omitempty"` // text, or a list with "null"
	Format      string            `json:"format,omitempty"`
	Pattern     string            `json:"pattern,omitempty"`
	Description string            `json:"description,omitempty"`
	MaxLength   int               `json:"maxLength,omitempty"`
	Items       *schema           `json:"items,omitempty"`
	Properties  map[string]schema `json:"properties,omitempty"`
	Required    []string          `json:"required,omitempty"`
	Extra       any               `json:"additionalProperties,omitempty"` // false, or a schema
}

type schemas struct {
	defs  map[string]schema
	names map[reflect.Type]string
}

func (s *schemas) operation(r *route) operation {
	short := strings.TrimPrefix(r.path, apiRoot)
	op := operation{ID: strings.ToLower(r.method) + strings.NewReplacer("/", "_", ":", "", "-", "_", ".", "_").Replace(short), Summary: r.resource + "." + r.action}
	switch r.resource {
	case Everyone:
		op.Summary = "open to everyone"
	case SignedIn:
		op.Summary = "open to every signed-in person"
	}
	for _, m := range pathParam.FindAllStringSubmatch(r.path, -1) {
		op.Parameters = append(op.Parameters, parameter{Name: m[1], In: "path", Required: true, Schema: schema{Type: "string"}})
	}
	if r.method == fiber.MethodPost {
		op.Parameters = append(op.Parameters, parameter{Name: "Idempotency-Key", In: "header", Required: true, Schema: schema{Type: "string", MaxLength: 80}})
		if versioned(r.in) {
			op.Parameters = append(op.Parameters, parameter{Name: fiber.HeaderIfMatch, In: "header", Schema: schema{Type: "string", Description: "the ETag that was read, instead of version in the body"}})
		}
		op.RequestBody = &content{Description: "input", Content: map[string]mediaType{fiber.MIMEApplicationJSON: {s.input(r.in)}}}
		if attached(r.in) {
			op.RequestBody = &content{Description: "input with its file", Required: true, Content: map[string]mediaType{fiber.MIMEMultipartForm: {s.parts(r.in)}}}
		}
		op.Security = []map[string][]string{{"session": {}}}
	}
	op.Responses = map[string]content{
		"200":     {Description: "done", Content: map[string]mediaType{fiber.MIMEApplicationJSON: {s.of(r.out)}}},
		"default": {Description: "refused", Content: map[string]mediaType{problemJSON: {schema{Ref: "#/components/schemas/problem"}}}},
	}
	return op
}

// input is the schema of a command's body: closed, with what must be there.
func (s *schemas) input(t reflect.Type) schema {
	o := s.object(t)
	o.Required = nil
	for i := range t.NumField() {
		if f := t.Field(i); ruleOf(f).required && nameOf(f) != "" {
			o.Required = append(o.Required, nameOf(f))
		}
	}
	o.Extra = false
	return o
}

// parts is input with the file beside it.
func (s *schemas) parts(t reflect.Type) schema {
	o := s.input(t)
	o.Properties[fileField] = schema{Type: "string", Format: "binary", Description: "the file, with its name"}
	o.Required = append(o.Required, fileField)
	return o
}

func nullable(x schema) schema {
	if x.Ref == "" && x.Type != nil {
		if one, ok := x.Type.(string); ok {
			x.Type = []string{one, "null"}
		}
		return x
	}
	return schema{}
}

func (s *schemas) of(t reflect.Type) schema {
	switch t {
	case typeUUID:
		return schema{Type: "string", Format: "uuid"}
	case typeMoney:
		return schema{Type: "string", Pattern: `^-?[0-9]+$`, Description: "whole đồng"}
	case typeDecimal:
		return schema{Type: "string", Pattern: `^-?[0-9]+(\.[0-9]+)?$`}
	case typeDate:
		return schema{Type: "string", Description: "yyyy-MM-dd, empty for no day"}
	case typeTime:
		return schema{Type: "string", Format: "date-time"}
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]()) && t.Kind() != reflect.Struct {
		return schema{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(s.of(t.Elem()))
	case reflect.String:
		return schema{Type: "string"}
	case reflect.Bool:
		return schema{Type: "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return schema{Type: "integer"}
	case reflect.Float32, reflect.Float64:
		return schema{Type: "number"}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return schema{Type: []string{"string", "null"}}
		}
		items := s.of(t.Elem())
		return schema{Type: []string{"array", "null"}, Items: &items}
	case reflect.Map:
		return schema{Type: []string{"object", "null"}, Extra: s.of(t.Elem())}
	case reflect.Struct:
		if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]()) || reflect.PointerTo(t).Implements(textMarshaler) {
			return schema{}
		}
		return s.named(t)
	}
	return schema{}
}

var textMarshaler = reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()

// named puts a struct among the components and refers to it; a struct without a name stays in place.
func (s *schemas) named(t reflect.Type) schema {
	if t.Name() == "" || strings.Contains(t.Name(), "[") || t.NumField() == 0 {
		return s.object(t)
	}
	name, ok := s.names[t]
	if !ok {
		room := t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]
		name = room + "_" + t.Name()
		for i := 2; ; i++ {
			if _, taken := s.defs[name]; !taken {
				break
			}
			name = fmt.Sprintf("%s_%s%d", room, t.Name(), i)
		}
		s.names[t], s.defs[name] = name, schema{} // before its fields: a type may hold itself
		s.defs[name] = s.object(t)
	}
	return schema{Ref: "#/components/schemas/" + name}
}

func (s *schemas) object(t reflect.Type) schema {
	o := schema{Type: "object", Properties: map[string]schema{}}
	for _, f := range reflect.VisibleFields(t) {
		tag, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && tag == "" || len(f.Index) > 1 && !promoted(t, f) || !f.IsExported() || tag == "-" {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		o.Properties[tag] = s.of(f.Type)
		if !strings.Contains(opts, "omitempty") && !strings.Contains(opts, "omitzero") {
			o.Required = append(o.Required, tag)
		}
	}
	slices.Sort(o.Required)
	o.Required = slices.Compact(o.Required)
	return o
}

// promoted says that encoding/json writes f among t's own fields: every struct on its way is embedded without a tag.
func promoted(t reflect.Type, f reflect.StructField) bool {
	for i := 1; i < len(f.Index); i++ {
		if tag, _, _ := strings.Cut(t.FieldByIndex(f.Index[:i]).Tag.Get("json"), ","); tag != "" {
			return false
		}
	}
	return true
}

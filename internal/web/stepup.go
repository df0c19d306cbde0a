package web

import (
	"cmp"
	"slices"

	"github.com/gofiber/fiber/v2"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
)

// stepUpPage asks for the second factor and sends the same act again.
type stepUpPage struct {
	Base
	Action  string
	Fields  []Pair // hidden: exactly what was sent
	SentKey string
	Factor  Factor
	Problem string
}

// askCode shows the code field with the fields of the refused form hidden in it.
func (rt *Router) askCode(c *fiber.Ctx, cmd command, body *node, own map[string]string, wrong *errs.Error) error {
	f, err := rt.opts.Sessions.Factor(c.UserContext(), access.From(c.UserContext()))
	if err != nil {
		return err
	}
	p := &stepUpPage{Action: c.Path(), SentKey: own["_key"], Factor: f}
	for name, values := range body.form {
		for _, v := range values {
			p.Fields = append(p.Fields, Pair{Label: name, Value: v})
		}
	}
	slices.SortStableFunc(p.Fields, func(a, b Pair) int { return cmp.Compare(a.Label, b.Label) })
	if wrong != nil {
		p.Problem = i18n.T(c.UserContext(), wrong.Code, wrong.Args...)
		if len(wrong.Fields) > 0 && wrong.Fields[0].Code != "" {
			p.Problem = i18n.T(c.UserContext(), wrong.Fields[0].Code, wrong.Fields[0].Args...)
		}
	}
	return rt.send(c, "errors/stepup", "", fiber.StatusForbidden, p, &p.Base, Form{})
}

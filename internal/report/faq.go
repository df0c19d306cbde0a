package report

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"kinhbac/internal/file"
	"kinhbac/internal/i18n"
	"kinhbac/internal/rulebook"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// questions are the topics of the page with their questions: words <code> and <code>_answer of the catalogue. rules are
// the rulebook values that the answer quotes, in the order of its words.
var questions = []struct {
	topic string
	asked []question
}{
	{"report.faq.apply", []question{
		{code: "report.faq.who", rules: []string{"eligibility.startup.max_age_years"}}, {code: "report.faq.account"}, {code: "report.faq.parts"},
		{code: "report.faq.files"}, {code: "report.faq.late"}, {code: "report.faq.receipt"}, {code: "report.faq.withdraw"},
	}},
	{"report.faq.judge", []question{
		{code: "report.faq.screening", rules: []string{"innovation.validity", "science.validity"}}, {code: "report.faq.council", rules: []string{"council.nd268.quorum"}},
		{code: "report.faq.conflict"}, {code: "report.faq.scores"}, {code: "report.faq.ranking"}, {code: "report.faq.unverified"},
	}},
	{"report.faq.money", []question{
		{code: "report.faq.agreement", rules: []string{"innovation.contract"}}, {code: "report.faq.payment"}, {code: "report.faq.fast", rules: []string{"payment.order_days", "payment.treasury_days"}},
	}},
	{"report.faq.open", []question{
		{code: "report.faq.public"}, {code: "report.faq.track"}, {code: "report.faq.proof"}, {code: "report.faq.personal"},
	}},
}

type question struct {
	code  string
	rules []string
}

type faqPage struct {
	web.Base
	Topics []topic
}

type topic struct {
	Title string
	Asked []answer
}

// answer is a question with its answer and the rules it quotes.
type answer struct {
	Question, Answer string
	Rules            []rulebook.Value
}

func (s *Service) faq(ctx context.Context, r web.Req) (*faqPage, error) {
	p := &faqPage{}
	return p, storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		p.Topics, err = topics(ctx, tx, r.Lang())
		return err
	})
}

// topics answers every question by the rules in force now. A question whose rule nobody has set is left out.
func topics(ctx context.Context, tx bun.Tx, lang i18n.Lang) (all []topic, err error) {
	for _, t := range questions {
		x := topic{Title: i18n.T(ctx, t.topic)}
		for _, q := range t.asked {
			a, args := answer{Question: i18n.T(ctx, q.code)}, []any{}
			for _, id := range q.rules {
				v, err := rulebook.Get(ctx, tx, id, storage.Now(ctx))
				if errors.Is(err, rulebook.ErrNoRule) {
					break
				}
				if err != nil {
					return nil, err
				}
				a.Rules, args = append(a.Rules, v), append(args, v.Words(lang))
			}
			if len(args) != len(q.rules) {
				continue
			}
			if q.code == "report.faq.files" {
				args = append(args, file.Max>>20, file.MaxDossier>>20)
			}
			a.Answer = i18n.T(ctx, q.code+"_answer", args...)
			x.Asked = append(x.Asked, a)
		}
		all = append(all, x)
	}
	return all, nil
}

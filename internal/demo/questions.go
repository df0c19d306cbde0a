package demo

import (
	"context"

	"github.com/google/uuid"

	"kinhbac/internal/call"
	"kinhbac/internal/form"
	"kinhbac/internal/proposal"
)

// questions are what calls for firms with a product ask beyond the common parts.
var questions = form.Form{Sections: []form.Section{{Key: "s1", TitleVI: "Sản phẩm và khách hàng", TitleEN: "Product and customers",
	HelpVI: "Nói về sản phẩm đang có, không phải dự định", HelpEN: "Tell of the product there is, not of plans", Fields: []form.Field{
		{Key: "q1", Kind: form.Choice, LabelVI: "Sản phẩm đã bán ra thị trường chưa", LabelEN: "Is the product on the market", Required: true,
			Options: []form.Option{{Key: "o1", VI: "Đã bán", EN: "Yes"}, {Key: "o2", VI: "Đang thử nghiệm", EN: "On trial"}}},
		{Key: "q2", Kind: form.Money, LabelVI: "Doanh thu 12 tháng gần nhất", LabelEN: "Revenue of the last 12 months", Required: true, When: &form.Condition{Field: "q1", Is: "o1"}},
		{Key: "q3", Kind: form.Long, LabelVI: "Kết quả thử nghiệm", LabelEN: "Results of the trial", Required: true, Words: 200, When: &form.Condition{Field: "q1", Is: "o2"}},
		{Key: "q4", Kind: form.Choices, LabelVI: "Thị trường hướng tới", LabelEN: "Markets aimed at",
			Options: []form.Option{{Key: "o1", VI: "Trong tỉnh", EN: "The province"}, {Key: "o2", VI: "Trong nước", EN: "The country"}, {Key: "o3", VI: "Nước ngoài", EN: "Abroad"}}},
		{Key: "q5", Kind: form.Table, LabelVI: "Khách hàng hiện có", LabelEN: "Present customers", Columns: []form.Column{
			{Key: "c1", Kind: form.Text, VI: "Khách hàng", EN: "Customer"}, {Key: "c2", Kind: form.Date, VI: "Từ ngày", EN: "Since"}, {Key: "c3", Kind: form.Money, VI: "Giá trị hợp đồng", EN: "Contract value"}}},
	}}}}

// ask gives a draft call its own questions.
func (s *stage) ask(c *call.Call) {
	must(s.Calls.Reform(s.as(officer), c.ID, c.Version, func(f *form.Form, _ func(string) string, _ func(string)) error {
		*f = questions
		return nil
	}))
}

// answer answers the questions of a call that has any.
func (s *stage) answer(ctx context.Context, id uuid.UUID, p plan) {
	d := take(proposal.Get(s.ctx, s.DB, id))
	if d.FormID == nil {
		return
	}
	must(s.Proposal.SaveAnswers(ctx, id, "s1", proposal.AnswersEdit{Version: d.Version, Answers: []form.Typed{
		{Key: "q1", Value: "o1"}, {Key: "q2", Value: share(p.own, 60).String()}, {Key: "q4", Many: []string{"o1", "o2"}},
		{Key: "q5", Rows: []form.TypedRow{{Cells: []form.TypedCell{{Column: "c1", Value: "Hợp tác xã dịch vụ nông nghiệp"}, {Column: "c2", Value: "2025-06-02"},
			{Column: "c3", Value: share(p.own, 20).String()}}}}}}}, true))
}

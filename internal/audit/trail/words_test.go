package trail

import "testing"

func TestWordsOfARecord(t *testing.T) {
	for _, c := range []struct{ act, role, reason, words, who, why string }{
		{"proposal.submit", "applicant", "", "Nộp hồ sơ", "Người nộp hồ sơ", ""},
		{"deal.read_refused", "finance_officer", "access.forbidden", "Bị từ chối: Xem thương vụ", "Chuyên viên Sở Tài chính", "Vai trò của tài khoản này không được làm việc này. Nhờ người có thẩm quyền thực hiện"},
		{"proposal.recommended", "council_chair", "", "Chuyển hồ sơ sang: Được kiến nghị", "Chủ tịch hội đồng", ""},
		{"session.purpose", "auditor", "inspection 12/QĐ-TTr", "Nêu mục đích của phiên đăng nhập", "Thanh tra", "Thanh tra theo quyết định 12/QĐ-TTr"},
		{"budget_line.adjust", "finance_officer", "2406/QĐ-UBND", "Điều chỉnh dòng dự toán", "Chuyên viên Sở Tài chính", "2406/QĐ-UBND"},
		{"unknown.act", "unknown", "", "unknown.act", "unknown", ""},
	} {
		r := Record{Act: c.act, Role: c.role, Reason: c.reason}
		if words, who, why := r.Words("vi"), r.RoleWords("vi"), r.Why("vi"); words != c.words || who != c.who || why != c.why {
			t.Errorf("%s: %q, %q, %q", c.act, words, who, why)
		}
	}
}

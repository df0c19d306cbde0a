package demo

import (
	"fmt"

	"kinhbac/internal/money"
)

// firm is an invented organisation of the example with its one person, who fills, submits and signs.
type firm struct {
	name, short string
	serial      int    // seed of the tax code
	registered  string // yyyy-MM-dd, first registration
	commune     string // code
	head        string
	person      string // applicant and signatory; "" for the firm of the cast
	login       string
}

// taxCode makes a ten-digit MST with a right check digit from a serial; serials whose formula gives no one-digit
// check are passed over. Source: RULES §6.2 as in party.CheckTaxCode.
func taxCode(serial int) string {
	weights := [9]int{31, 29, 23, 19, 17, 13, 7, 5, 3}
	for {
		s := fmt.Sprintf("2401%05d", serial)
		sum := 0
		for i, w := range weights {
			sum += int(s[i]-'0') * w
		}
		if check := 10 - sum%11; check < 10 {
			return fmt.Sprintf("%s%d", s, check)
		}
		serial += 1000
	}
}

var songCau = firm{"Công ty Cổ phần Giải pháp Sông Cầu", "Sông Cầu", 90101, "2023-05-16", "07210", "Ngô Anh Dũng", "", "ngo.anh.dung@vidu.vn"}

// plan is one proposal of the example: what its firm asks for and what the council gives it.
type plan struct {
	firm    firm
	title   string
	titleEN string
	summary string
	grant   int64 // triệu đồng asked from the budget
	own     int64 // triệu đồng of the firm's own money
	points  int   // middle of the council's scores, of 100; 0 = not scored
	outside bool  // found ineligible: not a content of the call
}

func million(n int64) money.Amount { return money.VND(n * 1_000_000) }

// scienceCall is the call for S&T tasks, whose one agreement is paid in advance.
var scienceCall = []plan{
	{decidedCall[3].firm, "Mô hình chẩn đoán lỗi mối hàn cho đào tạo nghề", "Diagnosis of solder faults for vocational training",
		"Nghiên cứu mô hình chẩn đoán lỗi mối hàn và bộ học liệu cho ba trường nghề trong tỉnh.", 600, 300, 86, false},
}

// decidedCall is the call that has run its whole way: awards, agreements, payments.
var decidedCall = []plan{
	{songCau, "Cảm biến độ ẩm kho lạnh giá rẻ cho hợp tác xã", "Low-cost humidity sensors for cooperative cold stores",
		"Chế tạo 200 bộ cảm biến và phần mềm cảnh báo cho kho lạnh của hợp tác xã nông nghiệp.", 980, 420, 88, false},
	{firm{"Công ty TNHH Sinh học Chũ", "Sinh học Chũ", 90102, "2022-09-01", "07246", "Giáp Thị Lụa", "Giáp Thị Lụa", "giap.thi.lua@vidu.vn"},
		"Chế phẩm bảo quản vải thiều tươi 45 ngày", "Keeping fresh lychee for 45 days",
		"Hoàn thiện chế phẩm sinh học và quy trình bảo quản vải thiều tươi phục vụ xuất khẩu.", 1250, 540, 91, false},
	{firm{"Công ty Cổ phần Gốm số Phù Lãng", "Gốm số", 90103, "2021-11-20", "07228", "Vũ Hữu Nhung", "Vũ Hữu Nhung", "vu.huu.nhung@vidu.vn"},
		"Lò nung gốm tiết kiệm năng lượng điều khiển tự động", "Energy-saving automatic pottery kiln",
		"Thiết kế lò nung dùng khí với bộ điều khiển nhiệt độ, giảm 30% nhiên liệu.", 860, 400, 82, false},
	{firm{"Công ty TNHH Robot Quế Võ", "Robot Quế Võ", 90104, "2024-01-12", "07210", "Trần Đình Cường", "Trần Đình Cường", "tran.dinh.cuong@vidu.vn"},
		"Cánh tay robot gắp linh kiện cho xưởng nhỏ", "Pick-and-place arm for small workshops",
		"Sản xuất thử 10 cánh tay robot chi phí thấp cho doanh nghiệp phụ trợ điện tử.", 1480, 700, 85, false},
	{firm{"Công ty TNHH Học liệu Luy Lâu", "Luy Lâu", 90105, "2023-08-08", "07228", "Nguyễn Thu Phương", "Nguyễn Thu Phương", "nguyen.thu.phuong@vidu.vn"},
		"Nền tảng học liệu số cho trường nghề", "Digital courseware for vocational schools",
		"Xây dựng 40 bài giảng mô phỏng và hệ thống đánh giá cho sáu trường nghề.", 720, 310, 76, false},
	{firm{"Công ty Cổ phần Nước sạch Đuống", "Nước Đuống", 90106, "2022-03-30", "07264", "Lê Quang Vịnh", "Lê Quang Vịnh", "le.quang.vinh@vidu.vn"},
		"Thiết bị quan trắc nước mặt tự động", "Automatic surface water monitoring",
		"Lắp đặt và kiểm chứng 12 trạm quan trắc nước mặt chi phí thấp.", 1350, 580, 73, false},
	{firm{"Công ty TNHH Dệt may Thổ Hà", "Thổ Hà", 90107, "2023-02-14", "07246", "Trịnh Văn Lộc", "Trịnh Văn Lộc", "trinh.van.loc@vidu.vn"},
		"Phần mềm ghép đơn cho tổ may hộ gia đình", "Order matching for household sewing groups",
		"Ứng dụng chia đơn hàng và theo dõi tiến độ cho tổ may hộ gia đình.", 540, 240, 63, false},
	{firm{"Công ty Cổ phần Cơ khí Yên Dũng", "Cơ khí Yên Dũng", 90108, "2022-06-03", "07210", "Hoàng Văn Tiến", "Hoàng Văn Tiến", "hoang.van.tien@vidu.vn"},
		"Dây chuyền bóc vỏ lạc liên hoàn", "Continuous peanut shelling line",
		"Cải tiến dây chuyền bóc vỏ và phân loại lạc cho cơ sở chế biến.", 900, 400, 0, true},
}

// councilCall is the call before its council: fifteen proposals, seven members.
var councilCall = []plan{
	{songCau, "Trợ lý nhật ký canh tác bằng giọng nói", "Voice assistant for farm logs", "Ứng dụng ghi nhật ký canh tác bằng giọng nói tiếng Việt cho hợp tác xã.", 1100, 480, 84, false},
	{decidedCall[1].firm, "Màng phủ sinh học cho quả tươi", "Bio coating for fresh fruit", "Màng phủ ăn được giúp kéo dài thời gian bảo quản quả tươi.", 950, 410, 87, false},
	{decidedCall[3].firm, "Hệ thống thị giác kiểm tra mối hàn", "Vision inspection of solder joints", "Kiểm tra mối hàn bằng thị giác máy trên dây chuyền phụ trợ.", 1600, 760, 90, false},
	{decidedCall[4].firm, "Phòng thí nghiệm ảo ngành điện", "Virtual lab for electricians", "Mô phỏng 30 bài thực hành ngành điện cho trường nghề.", 680, 300, 78, false},
	{newFirm(1, "Công ty Cổ phần Pin mặt trời Lim", "Pin Lim", "2023-10-02", "Nguyễn Hữu Khang"), "Mái che sạc xe điện dùng pin mặt trời", "Solar charging shelters", "Thiết kế mái che sạc xe điện kết nối lưới cho khu công nghiệp.", 1750, 800, 81, false},
	{newFirm(2, "Công ty TNHH Thủy sản số Gia Bình", "Gia Bình", "2022-12-12", "Phạm Đức Hải"), "Ao nuôi cá thông minh", "Smart fish ponds", "Bộ điều khiển sục khí và cho ăn theo cảm biến.", 830, 360, 75, false},
	{newFirm(3, "Công ty TNHH Trà hoa vàng Ba Chẽ Bắc Ninh", "Trà hoa vàng", "2024-03-05", "Lưu Thị Thảo"), "Chiết xuất trà hoa vàng", "Golden camellia extract", "Quy trình chiết xuất và tiêu chuẩn hóa cao trà hoa vàng.", 920, 400, 70, false},
	{newFirm(4, "Công ty Cổ phần Logistics xanh Tiên Du", "Logistics xanh", "2023-01-09", "Đỗ Minh Quân"), "Ghép chuyến hàng lạnh liên huyện", "Pooling of cold freight", "Nền tảng ghép chuyến hàng lạnh cho cơ sở chế biến.", 1300, 600, 79, false},
	{newFirm(5, "Công ty TNHH Vật liệu tái sinh Phong Khê", "Tái sinh Phong Khê", "2022-07-21", "Ngô Thị Hòa"), "Gạch không nung từ bùn giấy", "Bricks from paper sludge", "Sản xuất gạch không nung từ bùn thải làng giấy.", 1450, 650, 83, false},
	{newFirm(6, "Công ty Cổ phần Y tế số Kinh Bắc", "Y tế số", "2024-06-18", "Bùi Quốc Việt"), "Sàng lọc bệnh võng mạc từ xa", "Remote retinal screening", "Thiết bị chụp đáy mắt và phần mềm sàng lọc cho trạm y tế.", 1900, 900, 86, false},
	{newFirm(7, "Công ty TNHH Nội thất thông minh Đồng Kỵ", "Đồng Kỵ", "2021-12-30", "Dương Văn Thịnh"), "Cấu kiện gỗ lắp ghép theo tham số", "Parametric wooden furniture", "Phần mềm sinh bản cắt và thư viện cấu kiện cho làng nghề gỗ.", 760, 340, 72, false},
	{newFirm(8, "Công ty TNHH Du lịch quan họ", "Du lịch quan họ", "2023-04-27", "Nguyễn Thị Quỳnh"), "Thuyết minh di sản bằng thực tế tăng cường", "Augmented heritage tours", "Thuyết minh di sản quan họ bằng thực tế tăng cường.", 600, 260, 68, false},
	{newFirm(9, "Công ty Cổ phần An ninh mạng Bắc Giang", "An ninh mạng", "2022-10-10", "Hà Mạnh Hùng"), "Giám sát an toàn cho doanh nghiệp nhỏ", "Security monitoring for small firms", "Dịch vụ giám sát an toàn thông tin chi phí thấp.", 1050, 470, 77, false},
	{newFirm(10, "Công ty TNHH Hạt giống Tân Yên", "Hạt giống Tân Yên", "2024-02-02", "Thân Văn Hòa"), "Giống lúa chịu hạn chọn lọc nhanh", "Fast selection of drought rice", "Chọn lọc nhanh giống lúa chịu hạn bằng chỉ thị phân tử.", 1150, 520, 80, false},
	{newFirm(11, "Công ty TNHH Âm nhạc số Diềm", "Âm nhạc số", "2023-09-19", "Nguyễn Văn Diện"), "Kho âm thanh dân ca có bản quyền", "Licensed folk music library", "Số hóa và cấp phép 500 bản ghi dân ca.", 480, 210, 65, false},
}

// openCall is the call that takes proposals now: drafts that only their owners see.
var openCall = []plan{
	{songCau, "Kho lạnh chia sẻ cho hợp tác xã", "Shared cold stores", "Mạng lưới kho lạnh chia sẻ theo giờ.", 1200, 520, 0, false},
	{councilCall[4].firm, "Lưu trữ điện từ pin xe cũ", "Second-life batteries", "Bộ lưu trữ điện từ pin xe máy điện đã qua sử dụng.", 1400, 610, 0, false},
}

func newFirm(n int, name, short, registered, head string) firm {
	return firm{name, short, 90200 + n, registered, "07210", head, head, fmt.Sprintf("don.vi.%02d@vidu.vn", n)}
}

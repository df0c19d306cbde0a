package demo

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/identity"
	"kinhbac/internal/party"
	"kinhbac/internal/text"
)

// Password is that of every person of the example.
const Password = "kinh-bac-151"

// Person is one of the cast: who signs in, and what they are there for.
type Person struct {
	Name  string
	Roles []access.Role
	Unit  string // as on the sign-in page
}

// Cast is the people of the example, one line each as in the access table's cast.
var Cast = []Person{
	{"Nguyễn Thị Hạnh", roles(access.ProgrammeOfficer), "Sở KH&CN"},
	{"Phạm Thu Trang", roles(access.ProgrammeOfficer, access.CouncilSecretary), "Sở KH&CN"},
	{"Lê Minh Khôi", roles(access.DepartmentHead), "Sở KH&CN"},
	{"Vũ Đình Thắng", roles(access.ProvinceLeader), "UBND tỉnh"},
	{"Hoàng Thị Mai", roles(access.FinanceOfficer), "Sở Tài chính"},
	{"Đỗ Văn Lâm", roles(access.FinanceOfficer), "Sở Tài chính"},
	{"Bùi Thị Ngọc", roles(access.ChiefAccountant), "Sở Tài chính"},
	{"Đặng Hữu Phúc", roles(access.AccountHolder), "Sở Tài chính"},
	{"Ngô Anh Dũng", roles(access.Applicant), songCau.name},
	{"Dương Thị Hiền", roles(access.OrgSignatory), songCau.name},
	{"Hồ Thanh Bình", roles(access.Reviewer), "chuyên gia độc lập"},
	{"Phan Trọng Nghĩa", roles(access.CouncilChair), "trường đại học"},
	{"Trịnh Thị Kim Oanh", roles(access.CouncilMember), "viện nghiên cứu"},
	{"Lương Văn Hùng", roles(access.CouncilMember), "trường đại học"},
	{"Mai Thị Thu Hà", roles(access.CouncilMember), "viện nghiên cứu"},
	{"Tạ Đức Long", roles(access.CouncilMember), "doanh nghiệp công nghệ"},
	{"Cao Thị Bích Liên", roles(access.CouncilMember), "hiệp hội doanh nghiệp"},
	{"Đinh Xuân Trường", roles(access.CouncilMember), "công ty kiểm toán"},
	{"Chu Hải Yến", roles(access.FundAnalyst), fundUnit},
	{"Quách Thành Nam", roles(access.FundManager), fundUnit},
	{"Lưu Thị Minh Châu", roles(access.InvestmentBoard, access.CouncilChair), fundUnit},
	{"Kiều Quang Huy", roles(access.InvestmentBoard, access.CouncilMember), fundUnit},
	{"Thân Thị Ngân", roles(access.InvestmentBoard, access.CouncilMember), fundUnit},
	{"Hà Văn Sơn", roles(access.Auditor), "Thanh tra tỉnh"},
	{"Nghiêm Thị Lan Anh", roles(access.DPO), "Sở KH&CN"},
	{"Giáp Văn Khánh", roles(access.SystemAdmin), "Sở KH&CN"},
	{"Thiều Thị Vân", roles(access.SecurityOfficer), "Sở KH&CN"},
}

const fundUnit = "Quỹ đầu tư mạo hiểm"

var units = map[string]uuid.UUID{"Sở KH&CN": access.UnitScience, "Sở Tài chính": access.UnitFinance, "UBND tỉnh": access.UnitProvince,
	"Thanh tra tỉnh": access.UnitInspectorate}

func roles(rs ...access.Role) []access.Role { return rs }

// Login is the account name of a person: the name without accents, dotted; people of firms sign up by themselves
// and have their mail address.
func Login(name string) string {
	login := strings.ReplaceAll(text.Fold(name), " ", ".")
	for _, p := range Cast {
		if p.Name == name && p.outside() {
			return login + "@vidu.vn"
		}
	}
	return login
}

// outside says that a person belongs to a firm.
func (p Person) outside() bool {
	return p.Roles[0] == access.Applicant || p.Roles[0] == access.OrgSignatory
}

// people makes the accounts and grants that need no organisation or fund. The security officer comes last: until
// then the command line grants alone.
func (s *stage) people() {
	root := access.With(s.ctx, access.System())
	for _, p := range Cast {
		if p.outside() {
			s.signUp(p.Name, Login(p.Name))
			continue
		}
		_, _, err := s.Identity.AddUser(root, identity.NewUser{Login: Login(p.Name), Name: p.Name, Password: Password, Unit: units[p.Unit], Factor: true})
		must(err)
	}
	for _, f := range append(firms(decidedCall), firms(councilCall)...) {
		if f.person != "" && !s.known(f.login) {
			s.signUp(f.person, f.login)
		}
	}
	for _, p := range Cast {
		if p.Unit == fundUnit || p.outside() {
			continue // their grants are scoped to the fund, or come with the registration
		}
		for _, r := range p.Roles {
			g := identity.NewGrant{Role: r, Unit: units[p.Unit]}
			if r == access.Auditor {
				g.From, g.To = instant("2024-10-01 00:00"), instant("2027-12-31 00:00")
			}
			s.grant(Login(p.Name), g)
		}
	}
}

// signUp registers by the public form and confirms the address by the link of the mail.
func (s *stage) signUp(name, login string) {
	s.signUps++
	from := identity.Client{Address: fmt.Sprintf("127.0.1.%d", s.signUps), Agent: here.Agent}
	token, err := s.Identity.Register(s.ctx, identity.SignUp{Name: name, Email: login, Password: Password}, from)
	must(err)
	must(s.Identity.Confirm(s.ctx, token))
}

func (s *stage) known(login string) bool {
	_, err := s.Identity.Subject(s.ctx, login)
	return err == nil
}

// grant gives a role from the command line, or has it approved by the security officer once there is one.
func (s *stage) grant(login string, g identity.NewGrant) {
	granted, err := s.Identity.Grant(access.With(s.ctx, access.System()), login, g)
	must(err)
	if granted {
		return
	}
	for _, p := range take(s.Identity.Waiting(s.as(Login("Thiều Thị Vân")))) {
		must(s.Identity.Approve(s.sure(Login("Thiều Thị Vân"), "role_grant.approve"), p.ID))
	}
}

func firms(ps []plan) (fs []firm) {
	for _, p := range ps {
		fs = append(fs, p.firm)
	}
	return fs
}

// organisations has every firm registered by its person; the cast's firm gets its signatory besides.
func (s *stage) organisations() map[string]uuid.UUID {
	ids := map[string]uuid.UUID{}
	for _, f := range append(firms(decidedCall), firms(councilCall)...) {
		if _, there := ids[f.name]; there {
			continue
		}
		o, err := s.Party.Register(s.sure(f.login, "organisation.create"), party.Profile{Name: f.name, ShortName: f.short, Kind: "firm", TaxCode: taxCode(f.serial),
			RegisteredOn: day(f.registered), Commune: f.commune, Address: "Số 12 đường Lý Thái Tổ", HeadName: f.head, HeadSince: day(f.registered),
			Email: f.login, Phone: "0222 3 822 000", Signatory: f.person != ""})
		must(err)
		ids[f.name] = o.ID
	}
	o := ids[songCau.name]
	m, err := s.Party.Invite(s.sure(songCau.login, "organisation.invite"), o, Login("Dương Thị Hiền"), true)
	must(err)
	_, err = s.Party.Accept(s.sure(Login("Dương Thị Hiền"), "organisation.accept"), m.ID)
	must(err)
	return ids
}

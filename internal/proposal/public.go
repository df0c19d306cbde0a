package proposal

// Public is what an applicant and /track read of a status: several staff states share one public step, so that the
// inside of an assessment stays inside.
type Public string

// The public words.
const (
	PublicDraft      Public = "draft"
	PublicReceived   Public = "received"   // đã tiếp nhận
	PublicScreening  Public = "screening"  // đang sơ loại
	PublicSupplement Public = "supplement" // cần bổ sung
	PublicReview     Public = "review"     // đang đánh giá
	PublicIneligible Public = "ineligible"
	PublicFunded     Public = "funded"
	PublicReserve    Public = "reserve"
	PublicRejected   Public = "rejected"
	PublicWithdrawn  Public = "withdrawn"
)

// Public gives the public word of the dossier's status. An outcome is shown only after its publication.
func (p *Proposal) Public() Public {
	switch p.Status {
	case Draft:
		return PublicDraft
	case Submitted:
		return PublicReceived
	case Screening:
		return PublicScreening
	case SupplementRequested:
		return PublicSupplement
	case Ineligible:
		return PublicIneligible
	case Withdrawn:
		return PublicWithdrawn
	case Awarded, Reserve, Rejected:
		if p.PublishedAt != nil {
			return map[Status]Public{Awarded: PublicFunded, Reserve: PublicReserve, Rejected: PublicRejected}[p.Status]
		}
	}
	return PublicReview
}

// Steps are the public steps of a dossier in order; an outcome ends them.
var Steps = []Public{PublicReceived, PublicScreening, PublicReview, PublicFunded}

// step is how many of Steps lie behind the dossier.
func (w Public) step() int {
	switch w {
	case PublicReceived:
		return 0
	case PublicScreening, PublicSupplement, PublicIneligible:
		return 1
	case PublicReview:
		return 2
	case PublicFunded, PublicReserve, PublicRejected:
		return 3
	}
	return -1
}

package proposal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"kinhbac/internal/form"
	"kinhbac/internal/money"
)

// content is a dossier word for word as it is submitted; its JSON, fields in this order, is what the digest covers.
type content struct {
	Form          int             `json:"form"` // of this record, 1
	Call          string          `json:"call"`
	Organisation  contentParty    `json:"organisation"`
	Contact       []string        `json:"contact"`
	TitleVI       string          `json:"title_vi"`
	TitleEN       string          `json:"title_en"`
	Summary       string          `json:"summary"`
	Problem       string          `json:"problem"`
	Solution      string          `json:"solution"`
	Novelty       string          `json:"novelty"`
	Market        string          `json:"market"`
	BusinessModel string          `json:"business_model"`
	Months        int             `json:"duration_months"`
	Plan          string          `json:"plan"`
	Outcomes      string          `json:"outcomes"`
	Questions     *contentForm    `json:"questions,omitempty"` // only where the call has questions of its own
	Team          []contentMember `json:"team"`
	Costs         []contentCost   `json:"costs"`
	CostBasis     string          `json:"cost_basis"`
	Requested     money.Amount    `json:"requested"`
	CoFunding     money.Amount    `json:"co_funding"`
	Files         []contentFile   `json:"files"`
	Truth         bool            `json:"truth_confirmed"`
	NoDouble      bool            `json:"no_double_funding"`
	Publicity     bool            `json:"publicity_agreed"`
}

type (
	contentForm struct {
		Schema  string       `json:"schema_sha256"`
		Answers form.Answers `json:"answers"` // those that were asked for and given
	}
	contentParty struct {
		ID           uuid.UUID `json:"id"`
		Name         string    `json:"name"`
		TaxCode      string    `json:"tax_code"`
		Kind         string    `json:"kind"`
		RegisteredOn string    `json:"registered_on"`
		Head         string    `json:"head"`
		Address      string    `json:"address"`
	}
	contentMember struct {
		Name          string `json:"name"`
		Part          string `json:"part"`
		Qualification string `json:"qualification"`
	}
	contentCost struct {
		Line   int          `json:"line"`
		Item   string       `json:"item"`
		Source Source       `json:"source"`
		Amount money.Amount `json:"amount"`

		Content  string `json:"content,omitempty"` // only where the line names one
		Quantity string `json:"quantity,omitempty"`
	}
	contentFile struct {
		Document string `json:"document"`
		Name     string `json:"name"`
		Size     int64  `json:"size"`
		Digest   string `json:"sha256"`
	}
)

// seal gives the content of a dossier as text and its digest, sha256 in hex.
func (d *Dossier) seal() (text, digest string, err error) {
	o := d.Organisation
	c := content{
		Form: 1, Call: d.Call.Code,
		Organisation: contentParty{o.ID, o.Name, o.TaxCode, o.Kind, o.RegisteredOn.String(), o.HeadName, o.Address},
		Contact:      []string{d.ContactName, d.ContactEmail, d.ContactPhone},
		TitleVI:      d.TitleVI, TitleEN: d.TitleEN, Summary: d.Summary, Problem: d.Problem, Solution: d.Solution, Novelty: d.Novelty,
		Market: d.Market, BusinessModel: d.BusinessModel, Months: d.DurationMonths, Plan: d.Plan, Outcomes: d.Outcomes,
		CostBasis: d.CostBasis, Requested: d.Requested, CoFunding: d.CoFunding,
		Truth: d.TruthConfirmed, NoDouble: d.NoDoubleFunding, Publicity: d.PublicityAgreed,
	}
	if d.Form != nil {
		c.Questions = &contentForm{d.FormDigest, d.Form.Complete(d.Answers)}
	}
	for _, m := range d.Members {
		c.Team = append(c.Team, contentMember{m.Name, m.Part, m.Qualification})
	}
	for _, l := range d.Costs {
		line := contentCost{Line: l.Position, Item: l.Item, Source: l.Source, Amount: l.Amount, Content: l.Content}
		if !l.Quantity.IsZero() {
			line.Quantity = l.Quantity.String()
		}
		c.Costs = append(c.Costs, line)
	}
	for _, f := range d.Files {
		c.Files = append(c.Files, contentFile{f.Document, f.File.Name, f.File.Size, f.File.Digest})
	}
	b, err := json.Marshal(c)
	if err != nil {
		return "", "", fmt.Errorf("seal proposal %s: %w", d.ID, err)
	}
	sum := sha256.Sum256(b)
	return string(b), hex.EncodeToString(sum[:]), nil
}

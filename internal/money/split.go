package money

import (
	"math/big"
	"slices"
)

// Split divides total in proportion to weights by the largest remainder, ties to the lowest index. The
// parts add up to total exactly. Weights are not negative and not all zero, else Split panics: the
// caller has checked its lines.
func Split(total Amount, weights []Amount) []Amount {
	t := total.d.BigInt()
	neg := t.Sign() < 0
	t.Abs(t)
	sum := new(big.Int)
	ws := make([]*big.Int, len(weights))
	for i, w := range weights {
		if w.Sign() < 0 {
			panic("money: negative weight")
		}
		ws[i] = w.d.BigInt()
		sum.Add(sum, ws[i])
	}
	if sum.Sign() == 0 {
		panic("money: no weight")
	}
	parts := make([]*big.Int, len(ws))
	rest := make([]*big.Int, len(ws))
	left := new(big.Int).Set(t)
	for i, w := range ws {
		parts[i], rest[i] = new(big.Int).QuoRem(new(big.Int).Mul(t, w), sum, new(big.Int))
		left.Sub(left, parts[i])
	}
	order := make([]int, len(ws))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rest[b].Cmp(rest[a]) })
	one := big.NewInt(1)
	for i := int64(0); i < left.Int64(); i++ {
		parts[order[i]].Add(parts[order[i]], one)
	}
	out := make([]Amount, len(ws))
	for i, p := range parts {
		if neg {
			p.Neg(p)
		}
		out[i] = fromBig(p)
	}
	return out
}

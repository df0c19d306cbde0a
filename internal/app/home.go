package app

import (
	"context"

	"kinhbac/internal/disbursement"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// home gathers the published facts of the front page from the rooms that own them.
func (a *App) home() web.Home {
	return web.Home{OpenCalls: a.Calls.OpenNow, Figures: a.figures, Awards: func(ctx context.Context) ([]web.HomeAward, error) {
		return a.Awards.Latest(ctx, storage.Joined(ctx, a.DB), 6)
	}}
}

// figures are the published indicators, then the money: what was paid to published awards, and what the funds invested.
func (a *App) figures(ctx context.Context) ([]web.Stat, error) {
	stats, err := a.Indicate.Figures(ctx)
	if err != nil {
		return nil, err
	}
	lang := i18n.From(ctx)
	paid, bound, err := disbursement.Payments{}.Published(ctx, storage.Joined(ctx, a.DB))
	if err != nil {
		return nil, err
	}
	if bound.Sign() > 0 {
		n, unit := web.Short(lang, bound)
		stats = append(stats, web.MoneyStat(lang, i18n.T(ctx, "web.home_paid"), paid, i18n.T(ctx, "web.home_bound", n+" "+unit)))
	}
	sum, firms, told, err := a.Invest.Invested(ctx)
	if err != nil {
		return nil, err
	}
	if told {
		stats = append(stats, web.MoneyStat(lang, i18n.T(ctx, "web.home_invested"), sum, i18n.T(ctx, "web.home_firms", firms)))
	}
	return stats, nil
}

package app

import (
	"context"

	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// home gathers the published facts of the front page from the rooms that own them.
func (a *App) home() web.Home {
	return web.Home{OpenCalls: a.Calls.OpenNow, Figures: a.Indicate.Figures, Awards: func(ctx context.Context) ([]web.HomeAward, error) {
		return a.Awards.Latest(ctx, storage.Joined(ctx, a.DB), 6)
	}}
}

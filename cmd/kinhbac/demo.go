package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"kinhbac/internal/app"
	play "kinhbac/internal/demo"
	"kinhbac/internal/i18n"
	"kinhbac/internal/storage"
)

// Refusals of a data folder; its content is never removed by the program.
var (
	errRealContent = errors.New("this data folder holds real accounts: the demo does not touch it. Choose another --data")
	errHalfPlayed  = errors.New("the example of this data folder was cut off while it was made. Remove the folder, or choose another --data")
)

func demo() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Fill a data folder with the plan and a living example, and serve it",
		Long: `Fill a data folder with the plan and a living example, and serve it on this machine.

The example is made by the real commands in their order, under a clock that starts in the past and ends now. The
database carries a mark for ever: its pages say that the content is an illustration, and serve refuses it. A folder
that was filled before is served again as it is.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			begun := time.Now()
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			if c.DatabaseURL != "" {
				return errors.New("the demo plays with the clock of its database, so it makes its own: unset DATABASE_URL")
			}
			if err := free(c.Addr); err != nil {
				return err
			}
			o := options(cmd, c)
			o.Serve, o.Demo = true, true
			base, err := app.OpenBase(cmd.Context(), o)
			if err != nil {
				return err
			}
			defer base.Close()
			if err := fill(cmd.Context(), base, c.KeyFile, o.Say); err != nil {
				return err
			}
			a, err := app.Build(cmd.Context(), app.Parts{DB: base.DB, Data: base.Data, Key: c.KeyFile, Demo: true})
			if err != nil {
				return err
			}
			l := listen(cmd, c)
			l.Ready = func(url string) {
				welcome(cmd.OutOrStdout(), url, base.Data)
				fmt.Fprintf(cmd.OutOrStdout(), "\nready after %.1f s; Ctrl-C stops it\n", time.Since(begun).Seconds())
			}
			return a.Serve(cmd.Context(), l, base.Died)
		},
	}
	addAddr(cmd)
	return cmd
}

// free tells at once that the address is taken, not after the example was played.
func free(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s (another program holds it? give --addr): %w", addr, err)
	}
	return ln.Close()
}

// fill plays the example in an empty database, once.
func fill(ctx context.Context, base *app.Base, keyFile string, say func(string)) error {
	played, err := storage.Shifted(ctx, base.DB)
	if err != nil {
		return err
	}
	if played {
		behind, err := storage.Shift(ctx, base.DB)
		if err == nil && behind != 0 {
			return errHalfPlayed
		}
		return err
	}
	if real, err := inUse(ctx, base.DB); err != nil || real {
		return errors.Join(err, errRealContent)
	}
	owner, err := base.Owner()
	if err != nil {
		return err
	}
	defer owner.Close()
	db, err := base.Play()
	if err != nil {
		return err
	}
	defer db.Close()
	past := play.Clock()
	a, err := app.Build(ctx, app.Parts{DB: db, Data: base.Data, Key: keyFile, Clock: past, Demo: true})
	if err != nil {
		return err
	}
	return play.Fill(ctx, a, owner, past, say)
}

func inUse(ctx context.Context, db bun.IDB) (yes bool, err error) {
	err = db.NewRaw("SELECT EXISTS (SELECT FROM users)").Scan(ctx, &yes)
	return yes, err
}

// welcome lists who may sign in.
func welcome(w io.Writer, url, data string) {
	fmt.Fprintf(w, "\nKinh Bắc · dữ liệu minh họa / illustration · %s\n\n", url)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "tài khoản / login\tngười / person\tvai / roles")
	for _, p := range play.Cast {
		var names []string
		for _, r := range p.Roles {
			names = append(names, i18n.Text(i18n.VI, "web.role."+string(r)))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", play.Login(p.Name), p.Name, strings.Join(names, ", "))
	}
	_ = t.Flush() // the terminal is gone when this fails, and so is its reader
	fmt.Fprintf(w, "\nmật khẩu / password  %s\nmã một lần / code    shown beside every code field, or: kinhbac user code LOGIN --data %s\n", play.Password, data)
}

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kinhbac/internal/app"
	samples "kinhbac/internal/demo"
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
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			o := options(cmd, c)
			o.Serve, o.Demo = true, true
			base, err := app.OpenBase(cmd.Context(), o)
			if err != nil {
				return err
			}
			defer base.Close()
			if err := samples.Fill(cmd.Context(), base, c.KeyFile, o.Say); err != nil {
				return err
			}
			return serveDemo(cmd.Context(), cmd, base)
		},
	}
	addAddr(cmd)
	return cmd
}

// serveDemo builds the house anew, now on real time, and answers.
func serveDemo(ctx context.Context, cmd *cobra.Command, base *app.Base) error {
	c, err := settings(cmd)
	if err != nil {
		return err
	}
	a, err := app.Build(ctx, app.Parts{DB: base.DB, Data: base.Data, Key: c.KeyFile, Demo: true})
	if err != nil {
		return err
	}
	l := listen(cmd, c)
	l.Ready = func(url string) { samples.Welcome(cmd.OutOrStdout(), url) }
	return a.Serve(ctx, l, base.Died)
}

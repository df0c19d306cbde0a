// Command kinhbac administers grants and the venture fund of Bắc Ninh province: the server, its demo, and the tools of
// whoever runs it. Each file is one thin subcommand; what they do lives in internal.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"kinhbac/internal/config"
	"kinhbac/internal/pgserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C does not wait
	err := root().ExecuteContext(ctx)
	os.Exit(exit(err))
}

// exit says what went wrong and gives the status: 1 for a refusal or failure, 2 for a machine that lacks something.
func exit(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	}
	fmt.Fprintln(os.Stderr, "kinhbac:", words(err))
	if errors.Is(err, pgserver.ErrNoBinaries) {
		return 2
	}
	return 1
}

// errReported is a failure whose words were already printed.
var errReported = errors.New("reported")

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kinhbac",
		Short: "Grants and the venture fund of Bắc Ninh province",
		Long: `Grants and the venture fund of Bắc Ninh province.

Try it:   kinhbac demo
Run it:   kinhbac serve

Without DATABASE_URL a private PostgreSQL runs in the data folder; commands beside a running demo or serve join it.

Environment (flags win over it):
` + config.Help(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.PersistentFlags().String("data", "", "data folder (default /var/lib/kinhbac for root, ~/.local/share/kinhbac for others)")
	cmd.AddCommand(demo(), serve(), migrations(), user(), verify(), export(), mail(), database(), benchmarks(), version())
	return cmd
}

package pgserver

import "context"

func npmInstall(ctx context.Context, data string, say func(string)) error { return ErrNoBinaries }

package callback

import (
	"context"
	"time"
)

// SetPause replaces the pause between tries.
func SetPause(a *Answerer, pause func(context.Context, time.Duration) error) { a.pause = pause }

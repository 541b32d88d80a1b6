package callback

import (
	"context"
	"time"
)

// Body encodes an answer.
func Body(r *Request, resp Response) ([]byte, error) { return r.body(resp) }

// SetPause replaces the pause between tries.
func SetPause(a *Answerer, pause func(context.Context, time.Duration) error) { a.pause = pause }

package provider

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/plural"
)

// lender keeps the framework from keeping every request. For as long as the process runs, the framework holds the
// context of each request that it has ever served, with all that hangs on it: 60 KB for each onboarding of a plan. It is
// lent one that is taken back when the request is over.
type lender struct{ plural.Server }

func (s lender) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return lend(ctx, req, s.Server.ValidateResourceConfig)
}

func (s lender) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return lend(ctx, req, s.Server.UpgradeResourceState)
}

func (s lender) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return lend(ctx, req, s.Server.UpgradeResourceIdentity)
}

func (s lender) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return lend(ctx, req, s.Server.ReadResource)
}

func (s lender) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return lend(ctx, req, s.Server.PlanResourceChange)
}

func (s lender) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return lend(ctx, req, s.Server.ApplyResourceChange)
}

func (s lender) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return lend(ctx, req, s.Server.ValidateDataResourceConfig)
}

func (s lender) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return lend(ctx, req, s.Server.ReadDataSource)
}

func (s lender) CallFunction(ctx context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return lend(ctx, req, s.Server.CallFunction)
}

func lend[Request, Response any](ctx context.Context, req Request, serve func(context.Context, Request) (Response, error)) (Response, error) {
	l := &lent{ctx: ctx}
	defer l.takeBack()
	return serve(l, req) //nolint:contextcheck // it is the one that came, lent
}

// lent is a context until it is taken back, and from then on one that has ended.
type lent struct {
	mu  sync.RWMutex
	ctx context.Context //nolint:containedctx // to let go of it is what this is for
}

func (l *lent) inner() context.Context {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.ctx
}

func (l *lent) takeBack() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx = over{}
}

// Deadline implements context.Context.
func (l *lent) Deadline() (time.Time, bool) { return l.inner().Deadline() }

// Done implements context.Context.
func (l *lent) Done() <-chan struct{} { return l.inner().Done() }

// Err implements context.Context.
func (l *lent) Err() error { return l.inner().Err() } //nolint:wrapcheck // it is the context's

// Value implements context.Context.
func (l *lent) Value(key any) any { return l.inner().Value(key) }

// over is a context that has ended.
type over struct{}

// Deadline implements context.Context.
func (over) Deadline() (deadline time.Time, ok bool) { return deadline, false }

// Done implements context.Context.
func (over) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// Err implements context.Context.
func (over) Err() error { return context.Canceled }

// Value implements context.Context.
func (over) Value(any) any { return nil }

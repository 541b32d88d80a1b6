package plural

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"golang.org/x/sync/errgroup"
)

// ReadResource reads each customer as the singular resource, which takes them from pages.
func (s *server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if req.TypeName != Many {
		return s.Server.ReadResource(ctx, req)
	}
	sh, err := s.shape(ctx)
	if err != nil {
		return nil, err
	}
	f, private, err := sh.open(req.CurrentState, req.Private)
	if err != nil {
		return nil, err
	}
	r := &report{shape: sh}
	found, err := s.readAll(s.ownedBy(ctx, f), r, f, private)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		one := found[name]
		if one.State.IsNull() {
			delete(f.outs, name)
			private.forget(name)
			continue
		}
		if err := sh.refresh(f, private, name, one); err != nil {
			return nil, err
		}
	}
	resp := &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private, Diagnostics: r.diagnostics()}
	if len(found) == 0 {
		return resp, nil
	}
	if resp.NewState, err = sh.write(f); err != nil {
		return nil, err
	}
	resp.Private, err = private.encode()
	return resp, err
}

// refresh brings a customer to what was found of it.
func (s *shape) refresh(f *fleet, p private, name string, found Kept) error {
	was, err := p.stood(s, f, name)
	if err != nil {
		return err
	}
	moved, err := s.take(f, name, was.State, found.State)
	if err != nil {
		return err
	}
	done := !p.Undone[name]
	if done && moved {
		follows, err := s.state(f, name)
		if err != nil {
			return err
		}
		done = follows.Equal(found.State)
	}
	return p.keep(s, f, name, found, done)
}

// readAll returns what was found of each customer that could be read and is not as it was.
func (s *server) readAll(ctx context.Context, r *report, f *fleet, private private) (map[string]Kept, error) {
	var mu sync.Mutex
	found := map[string]Kept{}
	var all errgroup.Group
	all.SetLimit(atATime)
	for _, name := range slices.Sorted(maps.Keys(f.outs)) {
		all.Go(func() error {
			is, moved, err := s.readOne(ctx, r, f, private, name)
			if err != nil || !moved {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			found[name] = is
			return nil
		})
	}
	return found, all.Wait()
}

// readOne reads one customer, and reports whether that could be done and it is not as it was.
func (s *server) readOne(ctx context.Context, r *report, f *fleet, private private, name string) (is Kept, moved bool, err error) {
	was, err := private.stood(r.shape, f, name)
	if err != nil || s.provider.StillRead(ctx, was.State, was.Private) {
		return is, false, err
	}
	d, err := dynamic(r.shape.one, was.State)
	if err != nil {
		return is, false, err
	}
	resp, err := s.Server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: One, CurrentState: d[0], Private: was.Private})
	if err != nil || r.add(f, name, resp.Diagnostics) {
		return is, false, err
	}
	v, err := resp.NewState.Unmarshal(r.shape.one)
	return Kept{State: v, Private: resp.Private}, err == nil && (!v.Equal(was.State) || !bytes.Equal(resp.Private, was.Private)), err
}

// ImportResourceState takes in all that a registry holds. What all customers have in common becomes arguments for all.
func (s *server) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	if req.TypeName != Many {
		return s.Server.ImportResourceState(ctx, req)
	}
	sh, err := s.shape(ctx)
	if err != nil {
		return nil, err
	}
	f := sh.none()
	private, err := decodePrivate(nil)
	if err != nil {
		return nil, err
	}
	f.given = true
	f.named()
	collectSooner()
	var last values
	diags, err := s.provider.ImportAll(s.ownedBy(ctx, f), req.ID, func(name string, is Kept) error {
		one, err := fields(is.State)
		if err != nil {
			return err
		}
		for input, v := range last {
			if v.Equal(one[input]) {
				one[input] = v // thousands have the same, which is kept once
			}
		}
		f.hub, last, private.Customers[name] = one[hubName], one, is.Private
		f.set(name, values{})
		_, err = sh.take(f, name, sh.config(f, name), tftypes.NewValue(sh.one, one))
		return err
	})
	resp := &tfprotov6.ImportResourceStateResponse{Diagnostics: diags}
	if err != nil {
		return nil, err
	}
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return resp, nil
		}
	}
	if err := sh.gather(f); err != nil {
		return nil, err
	}
	imported := &tfprotov6.ImportedResource{TypeName: Many}
	if imported.State, err = sh.write(f); err != nil {
		return nil, err
	}
	if imported.Private, err = private.encode(); err != nil {
		return nil, err
	}
	resp.ImportedResources = []*tfprotov6.ImportedResource{imported}
	return resp, nil
}

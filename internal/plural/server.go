package plural

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Server is a provider's server with all that this provider has.
type Server interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// Provider is what the plural resource needs beside the server.
type Provider interface {
	// ImportAll hands on the singular resource's states of all onboardings that an import id means, one after the other, and
	// the private state that belongs to each. It stops at an error of keep's, and returns that.
	ImportAll(ctx context.Context, id string, keep func(name string, one Kept) error) ([]*tfprotov6.Diagnostic, error)
	// OwnedBy is a context in which all that is written has the owner of that id.
	OwnedBy(ctx context.Context, owner string) context.Context
	// Configured reports whether the provider has been configured, as it is for a plan and not for a validation.
	Configured() bool
	// StillRead reports whether a read of an onboarding gives back the very state that it gets, and StillPlanned whether a
	// plan does that is proposed the state. False says nothing: then the server is asked.
	StillRead(ctx context.Context, state tftypes.Value, private []byte) bool
	StillPlanned(ctx context.Context, state, config tftypes.Value, private []byte) bool
	// Holder tells whose the onboarding with this private state is.
	Holder(private []byte) Holder
	// Sound reports whether texts are what the attributes of the singular resource with these names may be, each by itself.
	// False says nothing.
	Sound(ctx context.Context, texts map[string]tftypes.Value) bool
}

// Holder is the Terraform state that wrote an onboarding last.
type Holder int

// The holders. What was imported and not written since may be anyone's.
const (
	Ours Holder = iota
	Another
	Anyone
)

// Kept is one onboarding as the singular resource keeps it.
type Kept struct {
	State   tftypes.Value
	Private []byte
}

// server answers for the plural resource and hands everything else on.
type server struct {
	Server
	provider Provider

	once  sync.Once
	made  *shape
	wrong error
}

// New adds xrole_onboardings to a server that has xrole_onboarding.
func New(inner Server, provider Provider) Server { return &server{Server: inner, provider: provider} }

const description = "Many customers' invitations in one resource, for partners with thousands: Terraform's own cost grows with the number of resources. " +
	"Everything that holds for `xrole_onboarding` holds for each customer here, which is planned and applied as one: same offers, same guards, same messages. " +
	"A customer moves here from `xrole_onboarding` without a new External ID: a `removed` block with `destroy = false` there, `adopt = true` here. It moves back in two applies: first `adopt = true` there, and then out of `customers`, where it is only forgotten. " +
	"An import takes in all that the registry holds; all of them belong into `customers` then. Until this resource has written one, which `adopt = true` makes it do, another state may hold it: it is neither destroyed nor made again, also not by `terraform destroy`.\n\n" +
	"Do not set `create_before_destroy`: with `-replace` the new resource would take the customers over before the old one has let them go, and this state would lose its own.\n\n" +
	"Which customers there are must be known when a plan is made, as for `for_each`, unless none stands yet.\n\n" +
	"When some customers fail in an apply, the others are made and kept; the message names those that were not, whose `status` in `onboardings` is null then, and the next apply does them."

func (s *server) shape(ctx context.Context) (*shape, error) {
	s.once.Do(func() {
		all, err := s.Server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
		if err != nil {
			s.wrong = err
			return
		}
		one := all.ResourceSchemas[One]
		if one == nil {
			s.wrong = fmt.Errorf("the server has no resource %s", One)
			return
		}
		s.made, s.wrong = newShape(one, description)
	})
	return s.made, s.wrong
}

func (s *server) GetMetadata(ctx context.Context, req *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	resp, err := s.Server.GetMetadata(ctx, req)
	if err == nil {
		resp.Resources = append(resp.Resources, tfprotov6.ResourceMetadata{TypeName: Many})
	}
	return resp, err
}

func (s *server) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	resp, err := s.Server.GetProviderSchema(ctx, req)
	if err != nil {
		return resp, err
	}
	sh, err := s.shape(ctx)
	if err != nil {
		return nil, err
	}
	resp.ResourceSchemas[Many] = sh.schema
	return resp, nil
}

func (s *server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	if req.TypeName != Many {
		return s.Server.UpgradeResourceState(ctx, req)
	}
	// There is one version of the schema, and Terraform takes out what that does not have.
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &tfprotov6.DynamicValue{JSON: req.RawState.JSON}}, nil
}

// dynamic are values of one type on their way to the singular resource.
func dynamic(t tftypes.Type, all ...tftypes.Value) ([]*tfprotov6.DynamicValue, error) {
	out := make([]*tfprotov6.DynamicValue, 0, len(all))
	for _, v := range all {
		d, err := tfprotov6.NewDynamicValue(t, v)
		if err != nil {
			return nil, err
		}
		out = append(out, &d)
	}
	return out, nil
}

// collectSooner makes the collector run when a process has grown by two fifths, not when it has doubled: the state of
// thousands passes through several times, and what is left of it would be most of the memory.
func collectSooner() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
	}
}

// many is from how many bytes on a state is one of thousands.
const many = 1 << 20

// open takes a state and what is kept beside it apart.
func (s *shape) open(d *tfprotov6.DynamicValue, raw []byte) (*fleet, private, error) {
	if d != nil && len(d.MsgPack) > many {
		collectSooner()
	}
	p, err := decodePrivate(raw)
	if err != nil {
		return nil, p, err
	}
	f, err := s.read(d)
	if err == nil && !f.given { // the other half of a replacement: what was kept is of those that were destroyed
		p, err = decodePrivate(nil)
	}
	return f, p, err
}

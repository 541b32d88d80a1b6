package provider

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// providerData is what a configured provider hands to its resources and data sources.
type providerData struct {
	clients     *awsclients.Clients
	region      string
	defaultTags map[string]string
	// unknown names the arguments of the provider block that were not known yet. Nothing may be asked of AWS then, but
	// what needs no request can still be planned.
	unknown []string
	now     func() time.Time
	guests  guests
	// made are the onboardings and hubs that this process has made, or is making.
	made sync.Map
	// guarded are the onboardings that this process has met and that no plan may make anew.
	guarded sync.Map
	// forced are the states of hubs that this process has met and that may be destroyed with all that depends on them.
	forced sync.Map
	// remade are the places of those that are planned to be made again.
	remade  sync.Map
	readers readers
}

// base is embedded by what asks AWS: resources, data sources, the list, the action.
type base struct{ data *providerData }

func (b *base) configure(given any, diags *diag.Diagnostics) {
	if given == nil {
		return // Terraform also validates before it configures
	}
	data, ok := given.(*providerData)
	if !ok {
		diags.AddError("Unexpected provider data",
			fmt.Sprintf("Got %T. Please report this to the provider's developers.", given))
		return
	}
	b.data = data
}

// connected reports whether AWS can be asked already.
func (b *base) connected() bool { return b.data != nil && len(b.data.unknown) == 0 }

// ready refuses to go on where a request is needed and the provider block is not known yet.
func (b *base) ready(diags *diag.Diagnostics) bool {
	if b.data == nil {
		diags.AddError("Provider not configured", "A request to AWS is needed here, but the provider has not been configured. Please report this to the provider's developers.")
		return false
	}
	if len(b.data.unknown) > 0 {
		diags.AddError("Provider configuration not known yet",
			fmt.Sprintf("A request to AWS is needed here, but `%s` of the provider block depends on something that has not been applied yet. "+
				"Apply that first, for example with -target, or set it from a value that is known.", strings.Join(b.data.unknown, "`, `")))
		return false
	}
	return true
}

func (b *base) registry(hub onboarding.Hub) *registry.Store {
	return b.store(hub.Region, hub.TableARN())
}

// store is the registry in a table that is named by its ARN, or by its name in the account of the credentials.
func (b *base) store(region, table string) *registry.Store {
	return registry.NewStore(b.data.clients.DynamoDB(region), table)
}

func (b *base) templates(hub onboarding.Hub) *bucket.Objects {
	return bucket.NewObjects(b.data.clients.S3(hub.Region), hub.Bucket, hub.AccountID)
}

type ownerKey struct{}

// withOwner has all that is written in a context be of one owner, whose id is kept elsewhere.
func withOwner(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, ownerKey{}, onboarding.Owner{ID: id, Lasting: true})
}

// ownerIn is the owner of what is written in a context: a new one if there is none.
func ownerIn(ctx context.Context) onboarding.Owner {
	if owner, ok := ctx.Value(ownerKey{}).(onboarding.Owner); ok {
		return owner
	}
	return onboarding.Owner{ID: rand.Text()}
}

// inFleet reports whether a context is that of an xrole_onboardings, which keeps the owner of all that it writes.
func inFleet(ctx context.Context) bool {
	_, ok := ctx.Value(ownerKey{}).(onboarding.Owner)
	return ok
}

func (b *base) service(ctx context.Context, hub onboarding.Hub) *onboarding.Service {
	return &onboarding.Service{
		Registry:  b.registry(hub),
		Templates: b.templates(hub),
		Reader:    b.reader(hub),
		Now:       b.data.now,
		Owner:     ownerIn(ctx),
	}
}

// readers are the readers of the hubs of one run, made when they are first asked for.
type readers struct {
	mu   sync.Mutex
	made map[readerKey]*onboarding.Reader
}

type readerKey struct{ table, bucket string }

func (b *base) reader(hub onboarding.Hub) *onboarding.Reader {
	all, key := &b.data.readers, readerKey{hub.TableARN(), hub.Bucket}
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.made == nil {
		all.made = map[readerKey]*onboarding.Reader{}
	}
	if all.made[key] == nil {
		all.made[key] = onboarding.NewReader(b.registry(hub), b.templates(hub), b.data.now)
	}
	return all.made[key]
}

// verify asks the receiver to prove an onboarding's role; only the receiver writes statuses.
func (b *base) verify(ctx context.Context, hub onboarding.Hub, name string) error {
	b.reader(hub).Wrote(name) // as the receiver does: pages that were read before do not show it
	out, err := b.data.clients.Invoker(hub.Region).Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(hub.ReceiverFunctionARN),
		Payload:      fmt.Appendf(nil, `{"verify":{"name":%q}}`, name),
	})
	if err != nil {
		return fmt.Errorf("asking the receiver to prove the role: %w", err)
	}
	if out.FunctionError != nil {
		return fmt.Errorf("asking the receiver to prove the role: it failed (%s); its log says why", aws.ToString(out.FunctionError))
	}
	return nil
}

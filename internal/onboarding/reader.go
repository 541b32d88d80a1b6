package onboarding

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// keptFor is how long what was read in pages is served. A refresh of thousands takes less, on a slow machine too; a
// configuration that waits for something longer reads again.
const keptFor = 5 * time.Minute

// failsFor is how long a read of all that failed, after all the SDK's tries, is the answer to everybody else who asks:
// thousands who each tried again would wait for hours.
const failsFor = 30 * time.Second

// Reader reads the onboardings of one hub for a whole run of Terraform. The first one that is asked for is read by
// itself, as a plan with -target does. With the second it pays to read all: the registry in pages of a megabyte, the
// bucket's keys in pages of a thousand, once for everybody who asks. It shows what a direct read would have shown. It is
// safe for concurrent use.
type Reader struct {
	registry  *registry.Store
	templates *bucket.Objects
	records   kept[map[string]registry.Record]
	etags     kept[map[string]string]

	mu    sync.Mutex
	first *string
	// own are the onboardings that this process has written: only direct reads are sure to show that.
	own map[string]bool
}

// NewReader returns a reader of the hub's registry and bucket.
func NewReader(records *registry.Store, templates *bucket.Objects, now func() time.Time) *Reader {
	return &Reader{
		registry: records, templates: templates, own: map[string]bool{},
		records: newKept(records.List, now), etags: newKept(templates.List, now),
	}
}

// Wrote says that this process has written an onboarding.
func (r *Reader) Wrote(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own[name] = true
}

// direct reports whether an onboarding is to be read by itself.
func (r *Reader) direct(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first == nil {
		r.first = &name
	}
	return *r.first == name || r.own[name]
}

// Record reads offer and delivery of one onboarding. What is not there is nil in the record and no error.
func (r *Reader) Record(ctx context.Context, name string) (registry.Record, error) {
	if !r.direct(name) {
		if all, ok, err := r.records.get(ctx); ok || err != nil {
			return all[name], err
		}
	}
	return r.registry.Get(ctx, name)
}

// Records reads all onboardings by name.
func (r *Reader) Records(ctx context.Context) (map[string]registry.Record, error) {
	r.mu.Lock()
	written := len(r.own) > 0
	r.mu.Unlock()
	if !written {
		if all, ok, err := r.records.get(ctx); ok || err != nil {
			return all, err
		}
	}
	return r.registry.List(ctx)
}

// Found is what a read of one onboarding shows.
type Found struct {
	Record registry.Record
	// TemplateSHA256 is of the bytes that are in the bucket now, empty if there is no object that customers can read.
	TemplateSHA256 string
}

// Glance is Read where pages show it, so that nothing has to be asked for; ok is false where they do not.
func (r *Reader) Glance(ctx context.Context, name, key string) (found *Found, ok bool) {
	if r.direct(name) {
		return nil, false
	}
	all, ok, err := r.records.get(ctx)
	if !ok || err != nil {
		return nil, false
	}
	found = &Found{Record: all[name]}
	if key == "" && found.Record.Offer != nil {
		key = found.Record.Offer.TemplateKey
	}
	if key == "" {
		return found, true
	}
	etags, ok, err := r.etags.get(ctx)
	if !ok || err != nil {
		return nil, false
	}
	found.TemplateSHA256, ok = listed(etags, found.Record.Offer, key)
	return found, ok
}

// listed takes the list's word where that is certain: a key that is not there, and an object whose ETag is that of the
// bytes which were offered.
func listed(etags map[string]string, offer *registry.Offer, key string) (sha256 string, certain bool) {
	etag, there := etags[key]
	if !there {
		return "", true
	}
	if offer != nil && offer.TemplateKey == key && offer.TemplateETag != "" && offer.TemplateETag == etag {
		return offer.TemplateSHA256, true
	}
	return "", false
}

// Read reads offer, delivery and the checksum of the template at key (the offer's own, if key is empty).
func (r *Reader) Read(ctx context.Context, name, key string) (*Found, error) {
	rec, err := r.Record(ctx, name)
	if err != nil {
		return nil, &StepError{Step: "reading the registry", Err: err}
	}
	if key == "" && rec.Offer != nil {
		key = rec.Offer.TemplateKey
	}
	found := &Found{Record: rec}
	if key == "" {
		return found, nil
	}
	if found.TemplateSHA256, err = r.checksum(ctx, rec.Offer, name, key); err != nil {
		return nil, &StepError{Step: "reading the template's checksum", Err: err}
	}
	return found, nil
}

// checksum asks for what the list does not tell.
func (r *Reader) checksum(ctx context.Context, offer *registry.Offer, name, key string) (string, error) {
	if !r.direct(name) {
		etags, ok, err := r.etags.get(ctx)
		if err != nil {
			return "", err
		}
		if sha256, certain := listed(etags, offer, key); ok && certain {
			return sha256, nil
		}
	}
	object, err := r.templates.Head(ctx, key)
	switch {
	case awsapi.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", err
	case object.SHA256 != "" && !object.Intact(object.SHA256):
		return "", nil // the right bytes under a key of KMS: no customer could read them
	default:
		return object.SHA256, nil
	}
}

// kept is something that is read once for everybody, and again when it is old.
type kept[T any] struct {
	load func(context.Context) (T, error)
	now  func() time.Time
	// turn is whose turn it is: others wait while one reads.
	turn *semaphore.Weighted

	value T
	at    time.Time
	// err is what came of the last read, at failed, if that is not what at stands for.
	err    error
	failed time.Time
	// refused is that we may not read it: then it is never tried again.
	refused bool
}

func newKept[T any](load func(context.Context) (T, error), now func() time.Time) kept[T] {
	return kept[T]{load: load, now: now, turn: semaphore.NewWeighted(1)}
}

// get returns the value; ok is false when whoever asks has to do without it.
func (k *kept[T]) get(ctx context.Context) (value T, ok bool, err error) {
	if err := k.turn.Acquire(ctx, 1); err != nil {
		return value, false, err
	}
	defer k.turn.Release(1)
	at := k.now()
	switch {
	case k.refused || !k.at.IsZero() && at.Sub(k.at) <= keptFor:
		return k.value, !k.refused, nil
	case k.err != nil && at.Sub(k.failed) < failsFor:
		return value, false, k.err
	}
	value, err = k.load(ctx)
	switch {
	case awsapi.IsAccessDenied(err):
		k.refused = true
		return value, false, nil
	case err == nil:
		k.value, k.at, k.err = value, at, nil
	case ctx.Err() == nil: // else only this one was told to stop
		k.err, k.failed = err, k.now()
	}
	return value, err == nil, err
}

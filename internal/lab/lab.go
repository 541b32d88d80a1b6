package lab

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Options says how to start a lab.
type Options struct {
	// Log gets what the lab's servers print; nil keeps only the end of it, for error messages.
	Log io.Writer
}

// Lab is AWS on this machine.
type Lab struct {
	root  string
	dir   string
	opts  Options
	proxy *proxy
	// outer is the environment before the lab changed it: with it the lab builds binaries and installs its tools.
	outer []string
	// client is for whoever is given an aws.Config; it needs no environment.
	client *awshttp.BuildableClient
	// direct is for the lab's own endpoints.
	direct *http.Client

	janitor *janitor
	oracle  *process
	server  *process
	// oracleAddress is where the oracle listens.
	oracleAddress string

	mu       sync.Mutex
	accounts []*Account
	keys     map[string]string

	provider once[string]
	receiver once[[]byte]
	closed   once[struct{}]
}

// once is a value made at the first call and kept with its error.
type once[T any] struct {
	sync.Once
	value T
	err   error
}

func (o *once[T]) get(f func() (T, error)) (T, error) {
	o.Do(func() { o.value, o.err = f() })
	return o.value, o.err
}

const (
	readyIn   = 3 * time.Minute
	installIn = 10 * time.Minute
)

// Start starts a lab and waits until it answers. The context limits the start only. Most tests want Shared instead.
func Start(ctx context.Context, o Options) (*Lab, error) {
	l, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := l.start(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// prepare makes what the environment of a process names: the proxy, which listens from here on, and the files.
func prepare(ctx context.Context, o Options) (*Lab, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "xrole-lab-*.d")
	if err != nil {
		return nil, fmt.Errorf("making the lab's folder: %w", err)
	}
	l := &Lab{root: root, dir: dir, opts: o, outer: os.Environ(), keys: map[string]string{}}
	l.janitor, err = startJanitor(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := l.prepareFiles(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Lab) prepareFiles(ctx context.Context) error {
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{"ca.pem": ca.pem(), "terraform.rc": nil, "aws-config": nil, "aws-credentials": nil} {
		if err := os.WriteFile(l.path(name), content, 0o600); err != nil {
			return fmt.Errorf("writing the lab's files: %w", err)
		}
	}
	for _, name := range []string{"no-certificates", "tmp"} {
		if err := os.Mkdir(l.path(name), 0o700); err != nil {
			return fmt.Errorf("writing the lab's files: %w", err)
		}
	}
	l.proxy, err = startProxy(ctx, ca, l.accountOf)
	if err != nil {
		return err
	}
	proxyURL, err := url.Parse(l.proxy.url())
	if err != nil {
		return fmt.Errorf("reading the proxy's address: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	l.client = awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		tr.Proxy = http.ProxyURL(proxyURL)
		tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		tr.MaxIdleConnsPerHost = 64
	})
	l.direct = &http.Client{Transport: &http.Transport{}}
	return nil
}

func (l *Lab) path(name string) string { return filepath.Join(l.dir, name) }

// Close ends all processes of the lab and removes its files. When the owning process is killed instead, the same
// happens by itself: the processes end when their standard input does.
func (l *Lab) Close() error {
	_, err := l.closed.get(func() (struct{}, error) { return struct{}{}, l.close() })
	return err
}

func (l *Lab) close() error {
	if l.proxy != nil {
		l.proxy.close()
	}
	l.server.stop()
	l.oracle.stop()
	l.janitor.stop()
	if err := os.RemoveAll(l.dir); err != nil {
		return fmt.Errorf("removing the lab's folder: %w", err)
	}
	return nil
}

// Requests returns the matching requests in order of arrival.
func (l *Lab) Requests(f Filter) []Request { return l.proxy.log.find(f) }

// Inject arms a fault until remove is called or the fault's Times are used up. Faults of one request: the first that
// was injected decides, the hooks of all are called. Go's HTTP client by itself repeats a GET whose kept connection is
// cut, as it does on a real network: count on the log, not on one try.
func (l *Lab) Inject(f Fault) (remove func()) { return l.proxy.faults.inject(f) }

// SetLatency delays every request from now on.
func (l *Lab) SetLatency(d time.Duration) { l.proxy.faults.setLatency(d) }

// Broken returns what the lab was asked and cannot do, each told once. Tests need not ask: NewAccount fails them.
func (l *Lab) Broken() []string { return l.proxy.log.takeBroken() }

// accountOf names the account of a key id.
func (l *Lab) accountOf(key string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id, ok := l.keys[key]; ok {
		return id
	}
	return accountOfKey(key)
}

// moduleRoot finds the folder of go.mod above the working directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("the lab runs inside its repository only: no go.mod above the working directory")
		}
		dir = up
	}
}

package lab

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// maxForm bounds what is read of a request to find its Action. CloudFormation's 51,200 byte template body, doubly
// percent-encoded, is the largest known.
const maxForm = 8 << 20

// brokenHeader is how the server behind the proxy says that the lab cannot do what was asked. It is never an answer
// AWS would give.
const brokenHeader = "X-Lab-Broken"

// proxy is the forward proxy: CONNECT, TLS ended with a certificate for the asked host, and plain http from there to
// the upstream with Host kept.
type proxy struct {
	ca *authority
	// accountOf names the account of a key id, or says "".
	accountOf func(key string) string
	log       *requestLog
	faults    *faults
	listener  net.Listener
	front     *http.Server
	inner     *http.Server
	tunnels   *tunnelListener
	upstream  *http.Transport

	mu     sync.RWMutex
	target string
}

// startProxy listens on loopback. Requests wait for setTarget to have told where the upstream is; before that they
// are answered 503.
func startProxy(ctx context.Context, ca *authority, accountOf func(key string) string) (*proxy, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the lab's proxy: %w", err)
	}
	p := &proxy{
		ca:        ca,
		accountOf: accountOf,
		log:       &requestLog{},
		faults:    newFaults(),
		listener:  l,
		tunnels:   newTunnelListener(l.Addr()),
		upstream:  &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	}
	quiet := log.New(io.Discard, "", 0)
	p.front = &http.Server{Handler: http.HandlerFunc(p.serveFront), ErrorLog: quiet, ReadHeaderTimeout: time.Minute}
	p.inner = &http.Server{Handler: http.HandlerFunc(p.serveTunnelled), ErrorLog: quiet, ReadHeaderTimeout: time.Minute}
	for server, listener := range map[*http.Server]net.Listener{p.front: l, p.inner: p.tunnels} {
		go func() { _ = server.Serve(listener) }() // it ends when the proxy is closed
	}
	return p, nil
}

func (p *proxy) url() string { return "http://" + p.listener.Addr().String() }

func (p *proxy) setTarget(hostPort string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = hostPort
}

func (p *proxy) close() {
	p.faults.close()
	_ = p.front.Close() // only the listener's second closing can fail
	_ = p.inner.Close() // as above
	p.upstream.CloseIdleConnections()
}

// serveFront answers what clients ask of a proxy: tunnels to AWS, and nothing else. Plain http is refused as well: no
// AWS API is to be spoken to without TLS.
func (p *proxy) serveFront(w http.ResponseWriter, r *http.Request) {
	host, port, err := net.SplitHostPort(r.Host)
	if r.Method != http.MethodConnect || err != nil || port != "443" || !isAWSHost(host) {
		p.refuse(w, r)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "the lab's proxy cannot take this connection over", http.StatusInternalServerError)
		return
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		_ = conn.Close() // it is gone already
		return
	}
	p.tunnels.add(tls.Server(conn, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.ca.leaf(strings.ToLower(host)) },
	}))
}

func (p *proxy) refuse(w http.ResponseWriter, r *http.Request) {
	e := p.log.add(Request{Host: r.Host, Method: r.Method, Path: r.URL.EscapedPath()})
	p.log.finish(e, http.StatusForbidden)
	http.Error(w, "the lab's proxy leads to AWS's https endpoints only, not to "+r.Host, http.StatusForbidden)
}

// serveTunnelled forwards one request that came through a tunnel.
func (p *proxy) serveTunnelled(w http.ResponseWriter, r *http.Request) {
	form, err := peekForm(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req, proto := identify(r, form)
	req.AccountID = p.accountOf(accessKey(r))
	hit := p.faults.match(req)
	req.Injected = hit.kind != nil
	entry := p.log.add(req)
	for _, hook := range hit.hooks {
		hook()
	}
	// Answers may begin before the request's body has ended, as they may at AWS. HTTP/1.1 always can.
	_ = http.NewResponseController(w).EnableFullDuplex() // see above
	call := &call{proxy: p, w: w, r: r, entry: entry, proto: proto, fault: hit}
	if p.faults.wait(r.Context(), p.faults.delay()) != nil {
		panic(http.ErrAbortHandler)
	}
	if hit.kind == nil {
		call.forward() //nolint:contextcheck // the request carries it
		return
	}
	hit.kind.apply(call)
}

// peekForm reads the body of a query-protocol request, which names the operation, and puts it back.
func peekForm(r *http.Request) (url.Values, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
	if err != nil {
		return nil, fmt.Errorf("reading a form: %w", err)
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		// A malformed form is the upstream's to refuse.
		return nil, nil //nolint:nilerr // see above
	}
	return form, nil
}

// call is one request on its way.
type call struct {
	proxy *proxy
	w     http.ResponseWriter
	r     *http.Request
	entry *logEntry
	proto protocol
	fault hit
}

// send does the request upstream.
func (c *call) send() (*http.Response, error) {
	c.proxy.mu.RLock()
	target := c.proxy.target
	c.proxy.mu.RUnlock()
	if target == "" {
		return nil, errors.New("the lab is not started: no test has asked for it")
	}
	out := c.r.Clone(c.r.Context())
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = "http", target
	out.Host = c.r.Host
	out.Header.Del("Expect")
	if c.r.ContentLength == 0 {
		out.Body = nil
	}
	resp, err := c.proxy.upstream.RoundTrip(out)
	if err != nil {
		return nil, fmt.Errorf("asking the lab's server: %w", err)
	}
	return resp, nil
}

// forward does the request upstream and hands the answer to the client, each piece as it comes.
func (c *call) forward() {
	resp, err := c.send()
	if err != nil {
		c.proxy.log.finish(c.entry, http.StatusBadGateway)
		if c.r.Context().Err() == nil {
			c.proxy.log.markBroken(c.entry, err.Error())
		}
		http.Error(c.w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close() //nolint:errcheck // reading is over
	body := c.inspect(resp)
	maps.Copy(c.w.Header(), resp.Header)
	c.proxy.log.finish(c.entry, resp.StatusCode)
	c.w.WriteHeader(resp.StatusCode)
	_ = http.NewResponseController(c.w).Flush() // the copy meets the same error
	if _, err := io.Copy(flusher{c.w}, body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// inspect notes a broken lab and returns the whole body.
func (c *call) inspect(resp *http.Response) io.Reader {
	if resp.Header.Get(brokenHeader) == "" {
		return resp.Body
	}
	start, err := io.ReadAll(io.LimitReader(resp.Body, 16<<10))
	if err != nil {
		start = []byte(err.Error())
	}
	c.proxy.log.markBroken(c.entry, string(start))
	return io.MultiReader(bytes.NewReader(start), resp.Body)
}

// flusher sends every piece on at once: a waiting client sees what the upstream has said so far.
type flusher struct{ http.ResponseWriter }

func (f flusher) Write(b []byte) (int, error) {
	n, err := f.ResponseWriter.Write(b)
	if err == nil {
		err = http.NewResponseController(f.ResponseWriter).Flush()
	}
	return n, err //nolint:wrapcheck // a plain pass-through
}

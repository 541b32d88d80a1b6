package lab_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// open makes one request through the lab's proxy.
func open(t *testing.T, l *lab.Lab, method, url string, body io.Reader) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return l.HTTPClient().Do(req)
}

// get makes one request through the lab's proxy and reads the whole answer.
func get(t *testing.T, l *lab.Lab, method, url, body string) (status int, text string, err error) {
	t.Helper()
	resp, err := open(t, l, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	b, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(b), nil
}

func TestProxy_keepsHostPathAndQuery(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Host, r.RequestURI, r.Header.Get("Accept-Encoding"))
	}))
	for name, url := range map[string]string{
		"virtual hosted bucket": "acme.s3.eu-west-1.amazonaws.com/a%2Fb//c%20d?x=1;2&y",
		"china":                 "sns.cn-north-1.amazonaws.com.cn/",
		"european sovereign":    "sts.eusc-de-east-1.amazonaws.eu/",
		"isolated":              "sts.us-iso-east-1.c2s.ic.gov/",
		"dual stack":            "lambda.us-east-1.api.aws/",
	} {
		_, got, err := get(t, l, http.MethodGet, "https://"+url, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		host, rest, _ := strings.Cut(url, "/")
		if want := "GET " + host + " /" + rest + " gzip"; got != want {
			t.Errorf("%s: upstream saw %q, want %q", name, got, want)
		}
	}
}

func TestProxy_refusesForeignHosts(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the upstream was asked for %s", r.Host)
	}))
	for name, target := range map[string]string{
		"other site":          "https://example.com/",
		"suffix in the name":  "https://evilamazonaws.com/",
		"suffix in the front": "https://amazonaws.com.example.com/",
		"suffix alone":        "https://amazonaws.com/",
		"final dot":           "https://s3.amazonaws.com./",
		"other port":          "https://s3.amazonaws.com:8443/",
		"metadata service":    "http://169.254.169.254/latest/meta-data/",
		"plain http":          "http://s3.us-east-1.amazonaws.com/",
		"plain http on 443":   "http://sts.us-east-1.amazonaws.com:443/",
	} {
		if status, _, err := get(t, l, http.MethodGet, target, ""); err == nil && status != http.StatusForbidden {
			t.Errorf("%s: %s was let through: %d", name, target, status)
		}
		u, _ := url.Parse(target)
		if !logged(l, strings.TrimSuffix(u.Host, ":443")) {
			t.Errorf("%s: no refusal of %s in the log: %+v", name, u.Host, l.Requests(lab.Filter{}))
		}
	}
}

func logged(l *lab.Lab, host string) bool {
	for _, r := range l.Requests(lab.Filter{}) {
		if strings.TrimSuffix(r.Host, ":443") == host && r.Status == http.StatusForbidden && r.Service == "" {
			return true
		}
	}
	return false
}

func TestProxy_streamsBothWays(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := bufio.NewReader(r.Body)
		_ = http.NewResponseController(w).EnableFullDuplex()
		for range 3 {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Errorf("reading the request's body: %v", err)
				return
			}
			_, _ = io.WriteString(w, "got "+line)
			_ = http.NewResponseController(w).Flush()
		}
	}))
	r, w := io.Pipe()
	go func() { _, _ = io.WriteString(w, "first\n") }()
	resp, err := open(t, l, http.MethodPut, "https://b.s3.us-east-1.amazonaws.com/k", r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answers := bufio.NewReader(resp.Body)
	for _, next := range []string{"second", "third", ""} {
		line, err := answers.ReadString('\n')
		if err != nil {
			t.Fatalf("before %q was sent: %v", next, err)
		}
		t.Log(line)
		if next == "" {
			_ = w.Close()
		} else {
			_, _ = io.WriteString(w, next+"\n")
		}
	}
}

func TestProxy_reusesConnections(t *testing.T) {
	t.Parallel()
	var peers []string
	l := lab.NewOver(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { peers = append(peers, r.RemoteAddr) }))
	for range 3 {
		if _, _, err := get(t, l, http.MethodHead, "https://sts.us-east-1.amazonaws.com/", ""); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{peers[0], peers[0], peers[0]}, peers); diff != "" {
		t.Errorf("connections to the server: %s", diff)
	}
}

func TestProxy_clientGivesUp(t *testing.T) {
	t.Parallel()
	gone := make(chan error, 1)
	l := lab.NewOver(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		gone <- r.Context().Err()
	}))
	resp, err := open(t, l, http.MethodGet, "https://sts.us-east-1.amazonaws.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if err := <-gone; err == nil {
		t.Error("the server was not told that the client has gone")
	}
}

func TestProxy_brokenLab(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-lab-broken", "1")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "DescribeMars is not implemented")
	}))
	if _, text, err := get(t, l, http.MethodPost, "https://sts.us-east-1.amazonaws.com/", "x"); err != nil || text != "DescribeMars is not implemented" {
		t.Errorf("the client got %q, %v", text, err)
	}
	broken := l.Broken()
	if len(broken) != 1 || !strings.Contains(broken[0], "DescribeMars") {
		t.Errorf("noted as broken: %q", broken)
	}
	if again := l.Broken(); again != nil {
		t.Errorf("told twice: %q", again)
	}
}

func TestProxy_upstreamGone(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	if status, _, err := get(t, l, http.MethodPost, "https://sts.us-east-1.amazonaws.com/", "x"); err != nil || status != http.StatusBadGateway {
		t.Errorf("got %d, %v", status, err)
	}
	if broken := l.Broken(); len(broken) != 1 {
		t.Errorf("noted as broken: %q", broken)
	}
}

package lab_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const ownerVariable = "XROLE_LAB_TEST_OWNER"

// own is the whole life of a process that owns a lab and is killed.
func own() {
	l, err := lab.Start(context.Background(), lab.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	// What has ended is forgotten, what still runs ends with the owner.
	for _, script := range []string{"true", "exit 1"} {
		_ = l.Run(exec.CommandContext(context.Background(), "/bin/sh", "-c", script))
	}
	fmt.Println(l.Dir(), strings.Join(l.Addresses(), " "))
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", "echo running; sleep 600 & sleep 600")
	cmd.Stdout = os.Stdout
	fmt.Println(l.Run(cmd))
}

// checkGone waits until nothing is left of a lab.
func checkGone(t *testing.T, dir string, addresses []string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	left := []string{dir}
	for len(left) > 0 {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("still there: %q", left)
		}
		left = nil
		if _, err := os.Stat(dir); err == nil {
			left = append(left, dir)
		}
		for _, a := range addresses {
			if c, err := new(net.Dialer).DialContext(t.Context(), "tcp", a); err == nil {
				_ = c.Close()
				left = append(left, a)
			}
		}
	}
}

func TestStart_ownerIsKilled(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), ownerVariable+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	where := strings.Fields(line)
	if len(where) != 4 {
		t.Fatalf("the lab did not start: %s", line)
	}
	for _, a := range where[1:] {
		if c, err := new(net.Dialer).DialContext(t.Context(), "tcp", a); err != nil {
			t.Errorf("before the owner is killed: %v", err)
		} else {
			_ = c.Close()
		}
	}
	if line, err := lines.ReadString('\n'); err != nil || line != "running\n" {
		t.Errorf("the owner's command said %q, %v", line, err)
	}
	_ = cmd.Process.Kill()
	// The pipe ends only when the owner's command has ended as well.
	if rest, err := io.ReadAll(lines); err != nil || len(rest) != 0 {
		t.Errorf("after the kill: %q, %v", rest, err)
	}
	_ = cmd.Wait()
	checkGone(t, where[0], where[1:])
}

// A person is told what is missing and how to install it.
func TestStart_missingTool(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		tools []string
		want  string
	}{
		"node":   {[]string{"python3"}, "apt-get install nodejs"},
		"python": {[]string{"node"}, "python3 -m venv .venv && .venv/bin/python3 -m pip install 'moto[all,server]==5.2.1'"},
	} {
		if _, err := os.Stat("../../.venv"); err == nil && name == "python" {
			t.Log("not tried: this repository has an environment of its own")
			continue
		}
		path := t.TempDir()
		for _, tool := range tt.tools {
			found, err := exec.LookPath(tool)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(found, filepath.Join(path, tool)); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), ownerVariable+"=1", "PATH="+path)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), tt.want) {
			t.Errorf("without %s: %v, %s", name, err, out)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	l, err := lab.Start(t.Context(), lab.Options{Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.Account(t.Context(), "000000000007", "leading-zeros")
	if err != nil {
		t.Fatal(err)
	}
	// This process's environment names another lab: an account's configuration finds its own all the same.
	got, err := sts.NewFromConfig(a.Config("us-east-1")).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *got.Account != "000000000007" {
		t.Errorf("got %v, %v", got, err)
	}
	if n := len(l.Requests(lab.Filter{AccountID: "000000000007"})); n != 1 {
		t.Errorf("%d requests in the log", n)
	}
	if key, err := filepath.Glob(l.Dir() + "/*key*"); err != nil || key != nil {
		t.Errorf("keys on the disk: %q, %v", key, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("the second time: %v", err)
	}
	checkGone(t, l.Dir(), l.Addresses())
}

func TestEnv(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	vars := map[string]string{}
	for _, kv := range l.Env() {
		name, value, _ := strings.Cut(kv, "=")
		if _, twice := vars[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		vars[name] = value
	}
	for _, name := range []string{"HTTPS_PROXY", "SSL_CERT_FILE", "AWS_SHARED_CREDENTIALS_FILE", "TF_CLI_CONFIG_FILE"} {
		if vars[name] == "" || vars[name] != os.Getenv(name) {
			t.Errorf("%s is %q for children and %q here", name, vars[name], os.Getenv(name))
		}
	}
	for name := range vars {
		if strings.HasPrefix(name, "AWS_") && !strings.HasSuffix(name, "_FILE") && name != "AWS_EC2_METADATA_DISABLED" {
			t.Errorf("%s leads past the lab", name)
		}
	}
}

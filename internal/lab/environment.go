package lab

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// variables returns what a process needs in its environment to see the lab as AWS.
func (l *Lab) variables() map[string]string {
	return map[string]string{
		"HTTPS_PROXY":                 l.proxy.url(),
		"HTTP_PROXY":                  l.proxy.url(),
		"NO_PROXY":                    "127.0.0.1,localhost,::1",
		"SSL_CERT_FILE":               l.path("ca.pem"),
		"SSL_CERT_DIR":                l.path("no-certificates"),
		"AWS_SHARED_CREDENTIALS_FILE": l.path("aws-credentials"),
		"AWS_CONFIG_FILE":             l.path("aws-config"),
		"AWS_EC2_METADATA_DISABLED":   "true",
		"CHECKPOINT_DISABLE":          "1",
		"TF_CLI_CONFIG_FILE":          l.path("terraform.rc"),
		"TF_IN_AUTOMATION":            "1",
	}
}

// foreign reports whether a variable could lead a process past the lab or give it somebody's real keys.
func foreign(name string) bool {
	switch name {
	case "http_proxy", "https_proxy", "no_proxy", "all_proxy", "ALL_PROXY":
		return true
	}
	if strings.HasPrefix(name, "TF_") {
		return !strings.HasPrefix(name, "TF_LOG") && !strings.HasPrefix(name, "TF_ACC")
	}
	return strings.HasPrefix(name, "AWS_")
}

// Env returns a whole environment for a child process: this process's own, with the lab in place of AWS. Choose the
// account with AWS_PROFILE.
func (l *Lab) Env() []string {
	vars := l.variables()
	env := slices.DeleteFunc(slices.Clone(l.outer), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		_, ours := vars[name]
		return ours || foreign(name)
	})
	for name, value := range vars {
		env = append(env, name+"="+value)
	}
	if dir := os.Getenv(coverName); dir != "" {
		env = append(slices.DeleteFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "GOCOVERDIR=") }), "GOCOVERDIR="+dir)
	}
	slices.Sort(env)
	return env
}

// setEnv makes the lab this process's AWS.
func (l *Lab) setEnv() error {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); foreign(name) {
			if err := os.Unsetenv(name); err != nil {
				return err //nolint:wrapcheck // it names the variable
			}
		}
	}
	for name, value := range l.variables() {
		if err := os.Setenv(name, value); err != nil {
			return err //nolint:wrapcheck // it names the variable
		}
	}
	return nil
}

// Exports returns the lines with which a person's shell sees the lab as AWS, acting by a profile. The AWS CLI has a
// variable of its own for certificates.
func (l *Lab) Exports(profile string) string {
	vars := l.variables()
	vars["AWS_CA_BUNDLE"] = vars["SSL_CERT_FILE"]
	vars["AWS_PROFILE"] = profile
	vars["AWS_REGION"], vars["AWS_DEFAULT_REGION"] = "us-east-1", "us-east-1" // older tools read only the second
	lines := []string{"unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_ENDPOINT_URL"}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		lines = append(lines, fmt.Sprintf("export %s=%q", name, vars[name]))
	}
	return strings.Join(lines, "\n") + "\n"
}

// WriteExports writes these lines into a file to source, until remove is called.
func (l *Lab) WriteExports(profile, file string) (remove func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return nil, fmt.Errorf("writing what to source: %w", err)
	}
	if err := os.WriteFile(file, []byte(l.Exports(profile)), 0o600); err != nil {
		return nil, fmt.Errorf("writing what to source: %w", err)
	}
	return func() error { return os.Remove(file) }, nil
}

// Architecture is this machine's processor in Lambda's words: the lab runs a hub's receiver here.
func Architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// AboutHubs says what a hub on the lab needs; arn is whom the partner acts as.
func AboutHubs(arn string) string {
	return fmt.Sprintf("A hub here needs architecture = %q, since its receiver runs on this machine, and principals of account %s,\nsuch as %s.",
		Architecture(), strings.Split(arn, ":")[4], arn)
}

package main_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Everything that is missing is said at once, in one line that the log's alarms can read, and the function does not
// start.
func TestReceiver_misconfigured(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "receiver")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, row := range map[string]struct {
		env  []string
		says []string
	}{
		"nothing":      {nil, []string{"XROLE_TABLE_ARN", "XROLE_TOPIC_NAME"}},
		"no topic":     {[]string{"XROLE_TABLE_ARN=arn:aws:dynamodb:us-east-1:111122223333:table/xrole-acme"}, []string{"XROLE_TOPIC_NAME"}},
		"a table name": {[]string{"XROLE_TABLE_ARN=xrole-acme", "XROLE_TOPIC_NAME=xrole-acme"}, []string{"XROLE_TABLE_ARN"}},
		"no table":     {[]string{"XROLE_TABLE_ARN=arn:aws:s3:::xrole-acme", "XROLE_TOPIC_NAME=xrole-acme"}, []string{"XROLE_TABLE_ARN"}},
		"no hours":     {[]string{"XROLE_TABLE_ARN=arn:aws:dynamodb:us-east-1:111122223333:table/xrole-acme", "XROLE_TOPIC_NAME=xrole-acme", "XROLE_RECHECK_HOURS=0"}, []string{"XROLE_RECHECK_HOURS"}},
	} {
		cmd := exec.CommandContext(t.Context(), binary)
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, row.env...)
		out, err := cmd.Output()
		failed, ok := errors.AsType[*exec.ExitError](err)
		if !ok || failed.ExitCode() != 1 {
			t.Errorf("%s: %v", name, err)
		}
		var line struct{ Level, Event, Error string }
		if err := json.Unmarshal(out, &line); err != nil || line.Level != "ERROR" || line.Event != "misconfigured" {
			t.Errorf("%s: printed %s, %v", name, out, err)
		}
		for _, variable := range []string{"XROLE_TABLE_ARN", "XROLE_TOPIC_NAME", "XROLE_RECHECK_HOURS"} {
			if strings.Contains(line.Error, variable) != slices.Contains(row.says, variable) {
				t.Errorf("%s: the message is %q", name, line.Error)
			}
		}
	}
}

package bucket_test

import (
	"os"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

package cfn

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// standInAccount stands for that of a hub which is not known yet.
const standInAccount = "000000000000"

// standInRegion stands for the launch region while that is not known; none has a shorter name.
const standInRegion = "us-east-1"

// namesHub finds a template that names an account, a principal or a partition itself, which may be the hub's.
var namesHub = regexp.MustCompile(`\d{12}|:role/|:user/|aws-(cn|us-gov|eusc|iso)`)

// Check returns what is wrong with a template whichever the hub is that it is for. Of the values nothing of the hub is
// read; it tells less where the template's author wrote something of the hub into it, or its name is not known either.
// What is an error here is one of Render's too.
func Check(source string, v Values) []Finding {
	if v.OnboardingName == "" || namesHub.MatchString(source) {
		f := &findings{}
		read(source, f)
		return f.sorted()
	}
	v.Region = cmp.Or(v.Region, standInRegion)
	v.PartnerAccountID, v.Partition = standInAccount, "aws" // the template names no other partition
	v.TrustedPrincipalARNs = []string{partition.ARN(v.Partition, "iam", "", standInAccount, "role/x")}
	v.TopicARN = partition.ARN(v.Partition, "sns", "x", standInAccount, standInAccount)
	v.ServiceTimeoutSeconds = minServiceTimeout
	_, found := Render(source, v, Pinned, nil)
	return slices.DeleteFunc(found, func(f Finding) bool { return strings.Contains(f.Message, standInAccount) })
}

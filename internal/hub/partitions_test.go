package hub_test

import (
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// A hub's whole life in each partition that has a console.
func TestApply_partitions(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for name, regions := range map[string][]string{
		"aws-us-gov": {"us-gov-west-1", "us-gov-east-1"}, "aws-cn": {"cn-north-1", "cn-northwest-1"}, "aws-eusc": {"eusc-de-east-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			partner, customer := l.NewAccountIn(t, name), l.NewAccountIn(t, name)
			clients := awsclients.New(partner.Config(regions[0]), nil)
			spec := specOf(t, l, customer)
			spec.Region, spec.Regions = regions[0], regions
			h, err := hub.Apply(t.Context(), clients, spec, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			for _, arn := range append([]string{h.TableARN, h.ReceiverFunctionARN, h.ReceiverRoleARN}, h.TopicARNs[regions[0]], h.TopicARNs[regions[len(regions)-1]]) {
				if !strings.HasPrefix(arn, "arn:"+name+":") {
					t.Errorf("%q is not of the partition", arn)
				}
			}
			if _, drift, err := hub.Inspect(t.Context(), clients, spec); err != nil || len(drift) > 0 {
				t.Errorf("%v %q", err, drift)
			}
			if err := hub.Destroy(t.Context(), clients, *h, false, func(string) {}); err != nil {
				t.Fatal(err)
			}
			if left := partner.Leftovers(t); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

package hub

import (
	"fmt"
	"slices"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// optIn reports whether an account must enable a region before it can be used. The regions of "aws" that are enabled
// from the start are those opened before March 20, 2019, and Osaka: a list that can no longer grow. Other partitions
// have no regions to opt in to. See
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html.
func optIn(region string) bool {
	if partition.ForRegion(region).ID != "aws" {
		return false
	}
	switch region {
	case "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
		"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2":
		return false
	}
	return true
}

// topicPrincipal returns in whose name SNS calls the receiver from a region: from an opt-in region to another one it
// is that region's own. See https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html.
func topicPrincipal(home, region string) string {
	if region != home && optIn(region) {
		return "sns." + region + ".amazonaws.com"
	}
	return "sns.amazonaws.com"
}

// checkRegions refuses what SNS, S3 or a partition's border would make fail later.
func checkRegions(home string, regions []string) error {
	if len(regions) == 0 {
		return &SpecError{"regions", "", "a hub needs at least one region where customers may launch"}
	}
	for _, region := range append([]string{home}, regions...) {
		if !partition.ValidRegion(region) {
			return &SpecError{"regions", region, "not the name of a region"}
		}
	}
	sorted := slices.Sorted(slices.Values(regions))
	for i, region := range sorted {
		switch {
		case i > 0 && region == sorted[i-1]:
			return &SpecError{"regions", region, "is named twice"}
		case partition.ForRegion(region).ID != partition.ForRegion(home).ID:
			return &SpecError{"regions", region, fmt.Sprintf("is not of the partition of the home region %q; a hub is of one partition", home)}
		case region != home && optIn(home):
			return &SpecError{"region", home, fmt.Sprintf("must be enabled by an account before it can use it, and SNS "+
				"reaches such a region from itself only, not from %q; take another home region", region)}
		}
	}
	if home == "me-south-1" || home == "me-central-1" {
		return &SpecError{"region", home, "has no account regional namespace for S3 buckets, and a bucket's name " +
			"could be taken by others after it is gone; take another home region"}
	}
	return nil
}

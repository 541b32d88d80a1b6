package partition

import "strings"

// Partition is one AWS partition: a hard wall with its own IAM, credentials and host names. See
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html.
type Partition struct {
	// ID is the second field of every ARN, such as "aws" or "aws-us-gov".
	ID string
	// DNSSuffix is what the partition's service hosts end with, such as "amazonaws.com".
	DNSSuffix string
	// consoleHost is empty where no public console exists (the isolated partitions).
	consoleHost string
	regionStart []string
}

func all() []Partition {
	return []Partition{
		{ID: "aws-cn", DNSSuffix: "amazonaws.com.cn", consoleHost: "console.amazonaws.cn", regionStart: []string{"cn-"}},
		{ID: "aws-us-gov", DNSSuffix: "amazonaws.com", consoleHost: "console.amazonaws-us-gov.com", regionStart: []string{"us-gov-"}},
		{ID: "aws-eusc", DNSSuffix: "amazonaws.eu", consoleHost: "console.amazonaws-eusc.eu", regionStart: []string{"eusc-"}},
		{ID: "aws-iso-b", DNSSuffix: "sc2s.sgov.gov", regionStart: []string{"us-isob-"}},
		{ID: "aws-iso-e", DNSSuffix: "cloud.adc-e.uk", regionStart: []string{"eu-isoe-"}},
		{ID: "aws-iso-f", DNSSuffix: "csp.hci.ic.gov", regionStart: []string{"us-isof-"}},
		{ID: "aws-iso", DNSSuffix: "c2s.ic.gov", regionStart: []string{"us-iso-"}},
		{ID: "aws", DNSSuffix: "amazonaws.com", consoleHost: "console.aws.amazon.com", regionStart: []string{""}},
	}
}

// ForRegion returns the partition that a region belongs to. A region of no other partition is taken to be of "aws",
// so that a region AWS opens tomorrow works.
func ForRegion(region string) Partition {
	for _, p := range all() {
		for _, start := range p.regionStart {
			if strings.HasPrefix(region, start) {
				return p
			}
		}
	}
	return Partition{}
}

// ForID returns the partition with that id and whether there is one.
func ForID(id string) (Partition, bool) {
	for _, p := range all() {
		if p.ID == id {
			return p, true
		}
	}
	return Partition{}, false
}

// ConsoleHost returns the console's host name in a region, such as "eu-west-1.console.aws.amazon.com", or "" where
// the partition has no public console.
func (p Partition) ConsoleHost(region string) string {
	if p.consoleHost == "" {
		return ""
	}
	return region + "." + p.consoleHost
}

// KnownRegion reports whether a region is one of those that AWS had opened when this was written. One that is not may
// have been opened since; as likely its name is misspelt.
func KnownRegion(region string) bool {
	switch region {
	case "af-south-1",
		"ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
		"ca-central-1", "ca-west-1",
		"eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
		"il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
		"us-east-1", "us-east-2", "us-west-1", "us-west-2",
		"cn-north-1", "cn-northwest-1",
		"eusc-de-east-1",
		"us-gov-east-1", "us-gov-west-1",
		"us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1",
		"eu-isoe-west-1", "us-isof-east-1", "us-isof-south-1":
		return true
	}
	return false
}

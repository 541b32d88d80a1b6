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

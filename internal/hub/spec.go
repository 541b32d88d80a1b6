package hub

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strconv"
)

// Spec is what a hub shall be.
type Spec struct {
	// Name is part of the name of everything: 1 to 24 lower case letters, digits and single hyphens, a letter first.
	Name string
	// Region is the home region: bucket, table and receiver stand there. It must be one that no account has to enable
	// first, or the only one of Regions.
	Region string
	// Regions are those where customers may launch, all of the home region's partition.
	Regions []string
	// Access says which customers are let in.
	Access Access
	// TrustedPrincipalARNs are the principals that customers' roles will trust, beside the receiver. No stack needs
	// them; they are part of what an onboarding is given as its hub.
	TrustedPrincipalARNs []string
	// Code is the receiver as a zip file for Architecture, which is "arm64" or "x86_64".
	Code         []byte `json:"-"`
	Architecture string
	// ReceiverVersion is Code's: "<number>-<first 12 hexadecimal digits of its SHA-256>", the number growing with each
	// release that ships another receiver. Empty stands for the number 0. A receiver that runs and is newer stays, with the
	// templates of all stacks that stand.
	ReceiverVersion string
	// TimeoutSeconds is the receiver's, at most 290; 0 for 240.
	TimeoutSeconds int
	// Path and PermissionsBoundaryARN are of the receiver's role; empty for "/" and none.
	Path, PermissionsBoundaryARN string
	// KMSKeyARN is the key of the home region for table, queue and log; empty for AWS's own keys.
	KMSKeyARN string
	// LogRetentionDays is how long the receiver's log is kept; 0 for 365.
	LogRetentionDays int
	// ReservedConcurrency is how many deliveries may be handled at once; nil for the account's common pool.
	ReservedConcurrency *int
	// AlarmTopicARN is the SNS topic of the home region that is told about alarms; empty for none.
	AlarmTopicARN string
	// AlarmTopicARNs are, by region, those for the alarms of the other regions: CloudWatch tells topics of its own
	// region only.
	AlarmTopicARNs map[string]string
	// EventBusARN is the bus, of the home region, where changes of status are put; empty for nowhere.
	EventBusARN string
	// RecheckHours is after how long a proven role is proven again, at most 720; 0 for 24.
	RecheckHours int
	// Tags are on all that the stacks make: 48 at most, none of them beginning with "aws:" or "xrole:".
	Tags map[string]string
	// Owner is the id of the Terraform state that keeps the hub; empty leaves it to whom it is.
	Owner string
	// FormerOwner is whose the hub was when it was imported: the first Apply makes Owner of it, if nobody else was first. Nil
	// for a hub that was not imported.
	FormerOwner *string `json:"-"`
	// Force lets a region go although customers' stacks there are live.
	Force bool `json:"-"`
}

// codeSum returns the hexadecimal SHA-256 of the receiver's code.
func (s Spec) codeSum() string {
	sum := sha256.Sum256(s.Code)
	return hex.EncodeToString(sum[:])
}

func (s Spec) version() string {
	if s.ReceiverVersion == "" && len(s.Code) > 0 {
		return "0-" + s.codeSum()[:versionDigits]
	}
	return s.ReceiverVersion
}

func (s Spec) stack(kind, region string, parameters map[string]string) stack {
	tags := maps.Clone(s.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags[hubTag] = s.Name
	parameters["HubName"] = s.Name
	return stack{hub: s.Name, name: stackName(s.Name, kind), region: region, parameters: parameters, tags: tags}
}

// Every parameter is given, those with the template's default too: what is left out of an update falls back to the
// default unseen.

func (s Spec) storage() stack {
	st := s.stack(storageKind, s.Region, map[string]string{
		"KmsKeyArn":            s.KMSKeyARN,
		"AllowPublicTemplates": strconv.FormatBool(s.Access.Anyone),
		"DeletionProtection":   "true",
	})
	st.template = storageTemplate
	if s.Owner != "" {
		st.tags[ownerTag] = s.Owner
	}
	return st
}

func (s Spec) receiver(h *Hub) stack {
	concurrency := ""
	if s.ReservedConcurrency != nil {
		concurrency = strconv.Itoa(*s.ReservedConcurrency)
	}
	st := s.stack(receiverKind, s.Region, map[string]string{
		"CodeBucket":             h.Bucket,
		"CodeKey":                codeKey(s.codeSum()),
		"Architecture":           s.Architecture,
		"ReceiverVersion":        s.version(),
		"TableArn":               h.TableARN,
		"Timeout":                number(s.TimeoutSeconds, 240),
		"ReservedConcurrency":    concurrency,
		"KmsKeyArn":              s.KMSKeyARN,
		"LogRetentionDays":       number(s.LogRetentionDays, 365),
		"RolePath":               cmp.Or(s.Path, "/"),
		"PermissionsBoundaryArn": s.PermissionsBoundaryARN,
		"AlarmTopicArn":          s.AlarmTopicARN,
		"EventBusArn":            s.EventBusARN,
		"RecheckHours":           number(s.RecheckHours, 24),
	})
	st.template = receiverTemplate(s.Region, s.Regions)
	return st
}

func (s Spec) topic(h *Hub, region string) stack {
	alarms := s.AlarmTopicARNs[region]
	if region == s.Region {
		alarms = s.AlarmTopicARN
	}
	st := s.stack(topicKind, region, map[string]string{"FunctionArn": h.ReceiverFunctionARN, "AlarmTopicArn": alarms})
	st.template = topicTemplate
	return st
}

func codeKey(sum string) string { return "receiver/" + sum + ".zip" }

func number(n, otherwise int) string {
	if n == 0 {
		n = otherwise
	}
	return strconv.Itoa(n)
}

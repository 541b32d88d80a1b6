package lab

import (
	"net/http"
	"strings"
)

// s3Sub maps the query key that selects a sub-resource to its name in operation names.
func s3Sub(object bool) map[string]string {
	if object {
		return map[string]string{
			"acl": "ObjectAcl", "tagging": "ObjectTagging", "retention": "ObjectRetention", "legal-hold": "ObjectLegalHold",
			"attributes": "ObjectAttributes", "torrent": "ObjectTorrent",
		}
	}
	return map[string]string{
		"policy": "BucketPolicy", "policyStatus": "BucketPolicyStatus", "tagging": "BucketTagging", "acl": "BucketAcl",
		"encryption": "BucketEncryption", "versioning": "BucketVersioning", "ownershipControls": "BucketOwnershipControls",
		"publicAccessBlock": "PublicAccessBlock", "location": "BucketLocation", "logging": "BucketLogging",
		"lifecycle": "BucketLifecycleConfiguration", "cors": "BucketCors", "website": "BucketWebsite",
		"replication": "BucketReplication", "notification": "BucketNotificationConfiguration",
		"object-lock": "ObjectLockConfiguration", "requestPayment": "BucketRequestPayment", "abac": "BucketAbac",
		"accelerate": "BucketAccelerateConfiguration",
	}
}

// s3Operation derives the operation from method, path and query: S3 says it nowhere else.
func s3Operation(r *http.Request, host string) string {
	bucket, key := s3Address(r, host)
	q := r.URL.Query()
	if bucket == "" {
		return "ListBuckets"
	}
	for name, what := range s3Sub(key != "") {
		if !q.Has(name) {
			continue
		}
		verb := map[string]string{http.MethodGet: "Get", http.MethodPut: "Put", http.MethodDelete: "Delete"}[r.Method]
		if verb == "Delete" && name == "lifecycle" {
			return "DeleteBucketLifecycle"
		}
		return verb + what
	}
	if key == "" {
		return s3BucketOperation(r)
	}
	return s3ObjectOperation(r)
}

// s3Address takes virtual-hosted and path-style addresses apart.
func s3Address(r *http.Request, host string) (bucket, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	rest, _ := trimAWSSuffix(host)
	for _, mark := range []string{".s3.", ".s3-"} {
		if i := strings.LastIndex("."+rest+".", mark); i > 0 {
			return rest[:i-1], path
		}
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

func s3BucketOperation(r *http.Request) string {
	q := r.URL.Query()
	switch r.Method {
	case http.MethodPut:
		return "CreateBucket"
	case http.MethodDelete:
		return "DeleteBucket"
	case http.MethodHead:
		return "HeadBucket"
	case http.MethodPost:
		if q.Has("delete") {
			return "DeleteObjects"
		}
		return "PostObject"
	}
	switch {
	case q.Get("list-type") == "2":
		return "ListObjectsV2"
	case q.Has("versions"):
		return "ListObjectVersions"
	case q.Has("uploads"):
		return "ListMultipartUploads"
	default:
		return "ListObjects"
	}
}

func s3ObjectOperation(r *http.Request) string {
	q := r.URL.Query()
	part := q.Has("uploadId")
	switch {
	case r.Method == http.MethodPut && part:
		return "UploadPart"
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		return "CopyObject"
	case r.Method == http.MethodPut:
		return "PutObject"
	case r.Method == http.MethodGet && part:
		return "ListParts"
	case r.Method == http.MethodGet:
		return "GetObject"
	case r.Method == http.MethodHead:
		return "HeadObject"
	case r.Method == http.MethodDelete && part:
		return "AbortMultipartUpload"
	case r.Method == http.MethodDelete:
		return "DeleteObject"
	case q.Has("uploads"):
		return "CreateMultipartUpload"
	case part:
		return "CompleteMultipartUpload"
	default:
		return ""
	}
}

// restRoutes are the REST operations of the services a hub is made of: method, path after the API version, operation.
// "*" stands for one segment.
const restRoutes = `
lambda POST functions CreateFunction
lambda GET functions ListFunctions
lambda GET functions/* GetFunction
lambda DELETE functions/* DeleteFunction
lambda GET functions/*/configuration GetFunctionConfiguration
lambda PUT functions/*/configuration UpdateFunctionConfiguration
lambda PUT functions/*/code UpdateFunctionCode
lambda POST functions/*/invocations Invoke
lambda GET functions/*/policy GetPolicy
lambda POST functions/*/policy AddPermission
lambda DELETE functions/*/policy/* RemovePermission
lambda GET functions/*/versions ListVersionsByFunction
lambda POST functions/*/versions PublishVersion
lambda GET functions/*/concurrency GetFunctionConcurrency
lambda PUT functions/*/concurrency PutFunctionConcurrency
lambda DELETE functions/*/concurrency DeleteFunctionConcurrency
lambda GET functions/*/event-invoke-config GetFunctionEventInvokeConfig
lambda PUT functions/*/event-invoke-config PutFunctionEventInvokeConfig
lambda POST functions/*/event-invoke-config UpdateFunctionEventInvokeConfig
lambda DELETE functions/*/event-invoke-config DeleteFunctionEventInvokeConfig
lambda GET functions/*/code-signing-config GetFunctionCodeSigningConfig
lambda GET event-source-mappings ListEventSourceMappings
lambda POST event-source-mappings CreateEventSourceMapping
lambda GET account-settings GetAccountSettings
lambda GET tags/* ListTags
lambda POST tags/* TagResource
lambda DELETE tags/* UntagResource
scheduler GET schedules ListSchedules
scheduler GET schedules/* GetSchedule
scheduler POST schedules/* CreateSchedule
scheduler PUT schedules/* UpdateSchedule
scheduler DELETE schedules/* DeleteSchedule
scheduler GET schedule-groups ListScheduleGroups
scheduler GET schedule-groups/* GetScheduleGroup
scheduler POST schedule-groups/* CreateScheduleGroup
scheduler DELETE schedule-groups/* DeleteScheduleGroup
scheduler GET tags/* ListTagsForResource
scheduler POST tags/* TagResource
scheduler DELETE tags/* UntagResource
`

// restOperation names the operation of a REST request, or returns "" for one it does not know.
func restOperation(service, method, path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if service == "lambda" {
		// The first segment is the date of the API's version.
		segments = segments[1:]
	}
	for line := range strings.Lines(strings.TrimSpace(restRoutes)) {
		f := strings.Fields(line)
		if f[0] == service && f[1] == method && pathMatches(f[2], segments) {
			return f[3]
		}
	}
	return ""
}

func pathMatches(pattern string, segments []string) bool {
	want := strings.Split(pattern, "/")
	if len(want) != len(segments) {
		return false
	}
	for i, w := range want {
		if w != "*" && w != segments[i] {
			return false
		}
	}
	return true
}

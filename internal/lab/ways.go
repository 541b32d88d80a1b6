package lab

import "sync"

// Way is one way for a request to fail.
type Way struct {
	Name string
	// Ends means that whoever asks is killed there: nothing more of it reaches AWS.
	Ends  bool
	times int
	kind  Kind
}

// refused is not tried again, so that a run ends there.
var refused = Status{Code: 403, ErrorCode: "AccessDenied"}

// Ways are what AWS, the network, the clock and the machine do to a request.
func Ways() []Way {
	return []Way{
		{Name: "refused", times: 1, kind: refused},
		{Name: "expired", kind: Status{Code: 403, ErrorCode: "ExpiredToken"}},
		{Name: "throttled", times: 3, kind: Throttle},
		{Name: "failed once", times: 1, kind: Status{Code: 500, ErrorCode: "InternalError"}},
		{Name: "cut off before", times: 1, kind: ResetBefore},
		{Name: "answer lost", times: 1, kind: ResetAfter},
		{Name: "answer cut", times: 1, kind: CutAnswer},
		{Name: "killed before", times: 1, kind: ResetBefore, Ends: true},
		{Name: "killed after", times: 1, kind: ResetAfter, Ends: true},
	}
}

// Silent is a request without an answer: it takes as long as whoever asks is willing to wait.
func Silent() Way { return Way{Name: "silent", times: 1, kind: Hang} }

// Failing is a service that fails for as long as whoever asks tries again.
func Failing() Way {
	return Way{Name: "failed until the end", kind: Status{Code: 500, ErrorCode: "InternalError"}}
}

// Under runs something of which a request fails in a way: the one after at.After others that match. It reports whether there
// was one. Where the way ends whoever asks, that is what at.Hook does, or else the account is refused everything from there
// on, which leaves what a process that was killed leaves.
func (l *Lab) Under(way Way, at Fault, run func()) (met bool) {
	var mu sync.Mutex
	var disarm []func()
	arm := func(f Fault) {
		mu.Lock()
		defer mu.Unlock()
		disarm = append(disarm, l.Inject(f))
	}
	end := at.Hook
	at.Times, at.Kind = way.times, way.kind
	at.Hook = func() {
		mu.Lock()
		met = true
		mu.Unlock()
		switch {
		case way.Ends && end != nil:
			end()
		case way.Ends:
			arm(Fault{AccountID: at.AccountID, Kind: refused})
		}
	}
	arm(at)
	run()
	mu.Lock()
	defer mu.Unlock()
	for _, d := range disarm {
		d()
	}
	return met
}

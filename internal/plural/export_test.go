package plural

// How a value is taken into parts and put together again.
var (
	Parts  = parts
	Joined = joined
	IsMap  = isMap
)

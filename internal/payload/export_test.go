package payload

// ReceiverIn is Receiver with other files than the embedded ones.
var ReceiverIn = receiver

"""The AWS lab's half in Python: moto 5.2.1 with the gaps filled that the journey from a launch link to a verified role needs.

app          the WSGI application: routes a request to the lab's own endpoints, to CloudFormation, or past the gate to moto
wire         what a request asks for: service, operation, region, parameters
identity     who asks: access keys, sessions and the policies behind them
oracle       decisions of the policy oracle, a third party's IAM evaluator in a process of its own
gate         every request's decision, and the real error shape of a refusal
inside       calls to the lab's own services as some caller, without a socket
cfn          CloudFormation: an engine of its own in place of moto's
functions    Lambda functions run as local processes through the Runtime API
"""

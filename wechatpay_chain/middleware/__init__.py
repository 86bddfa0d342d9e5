"""One concern a module, each pure: no socket, no await, no thread.

A middleware takes a request and the next handler, and is a flow: `(yield from handle(request))`
passes the request on; what it returns is the answer. Outermost first:

* APIv3: `gate`, `correlation`, `status`, `verifier`, `encoder`, `signer`
* APIv2: `gate`, `correlation`, `result`, `verifier`, `encoder`
"""

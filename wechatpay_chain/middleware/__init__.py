"""The layers of the middleware stacks, without I/O: no sockets, awaits or threads.

A middleware takes a request and the next handler, and is a flow: `(yield from handle(request))`
passes the request on, and the return value is the response. Outermost first:

* APIv3: `retry`, `gate`, `correlation`, `status`, `verifier`, `encoder`, `signer`
* APIv2: `retry`, `gate`, `correlation`, `result`, `verifier`, `encoder`
"""

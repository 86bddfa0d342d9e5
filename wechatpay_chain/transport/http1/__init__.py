"""HTTP/1.1 messages (RFC 9112) without I/O: serializes requests, and parses responses strictly.

Generators read a response, so blocking sockets and event loops share one implementation. A
generator yields None to request the next bytes of the connection, and receives them (empty at the
connection's end). It yields a function to have file work done, which an event loop runs in a
thread.
"""

"""HTTP/1.1 as bytes (RFC 9112), without I/O: writes requests, and reads responses strictly.

Generators read a response, so that blocking sockets and event loops share one implementation. A
generator yields None when it needs the next bytes of the connection, and is sent them (none at the
connection's end). Or it yields a function that works on a file, which an event loop runs in a
thread.
"""

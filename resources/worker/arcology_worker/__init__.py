# SPDX-License-Identifier: Apache-2.0
"""The Python side of one Arcology worker. Standard library only, CPython 3.9 and newer, PyPy 3.

boot      start-up: HELLO, steps, READY or FAILED
loader    finds the application object
preload   an interpreter that has imported it forks workers
facts     what READY tells about the application
warmup    the requests that a new worker answers before it is READY
protocol  frames and header tables (server/workers/protocol.h is the contract)
channel   the socket of a WSGI worker and its threads
stream    one request, between those threads
environ   environ and wsgi.input of one request
wsgi      its answer
native    all four of them in C, where the interpreter can have it
loop      the socket of an ASGI worker and its event loop
asgi      one ASGI request
sentfile  files it names instead of a body
watch     the thread that is asked where a request stands
place     finds that, and interrupts it
frames    of threads and tasks
lifespan  start and end of an ASGI application
"""

#!/usr/bin/env python3
"""Passes TCP connections on and keeps every byte that it sees.

    tcp_tap.py TARGET_PORT RECORD

Listens on a port of 127.0.0.1 that the kernel chooses, prints it as the only
line, and passes each connection on to TARGET_PORT there. What goes either way
is appended to RECORD.in and RECORD.out, as it comes. Runs until it is killed.
"""

import selectors
import socket
import sys


def main():
    target, record = int(sys.argv[1]), sys.argv[2]
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    kept = {way: open(f"{record}.{way}", "ab", buffering=0)
            for way in ("in", "out")}
    other = {}  # socket -> (the one its bytes go to, which way that is)
    watch = selectors.DefaultSelector()
    watch.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in watch.select():
            if key.fileobj is listener:
                accept(listener, target, other, watch)
            elif key.fileobj in other:  # not closed in this very round
                pass_on(key.fileobj, other, watch, kept)


def accept(listener, target, other, watch):
    near, _ = listener.accept()
    try:
        far = socket.create_connection(("127.0.0.1", target))
    except OSError:  # the broker is down: so is the tap's end
        near.close()
        return
    other[near], other[far] = (far, "in"), (near, "out")
    watch.register(near, selectors.EVENT_READ)
    watch.register(far, selectors.EVENT_READ)


def pass_on(sock, other, watch, kept):
    peer, way = other[sock]
    try:
        data = sock.recv(65536)
        kept[way].write(data)
        peer.sendall(data)
    except OSError:
        data = b""
    if not data:
        for end in (sock, peer):
            watch.unregister(end)
            del other[end]
            end.close()


if __name__ == "__main__":
    main()

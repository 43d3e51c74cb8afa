#!/usr/bin/env python3
"""A poor link: passes TCP connections on slowly, late, and not for long.

    tcp_slow.py TARGET_PORT BYTES_PER_SECOND DELAY_MS CUT_SECONDS

Listens on a port of 127.0.0.1 that the kernel chooses, prints it as the only
line, and passes each connection on to TARGET_PORT there: both ways together
no faster than that each, every piece late by DELAY_MS; every CUT_SECONDS (0:
never) all connections break. Runs until it is killed.
"""

import asyncio
import socket
import sys

PIECE = 8192


class Link:
    """One direction: what all connections together may pass."""

    def __init__(self, rate, delay):
        self.rate, self.delay, self.free_at = rate, delay, 0.0

    async def send(self, n):
        loop = asyncio.get_running_loop()
        self.free_at = max(self.free_at, loop.time()) + n / self.rate
        await asyncio.sleep(self.free_at - loop.time())


async def pump(reader, writer, link):
    try:
        while data := await reader.read(PIECE):
            await link.send(len(data))
            asyncio.get_running_loop().call_later(
                link.delay, lambda d=data: writer.write(d))
            while writer.transport.get_write_buffer_size() > 4 * PIECE:
                await asyncio.sleep(0.01)
    except OSError:
        pass
    await asyncio.sleep(link.delay)
    writer.close()


async def main():
    target, rate, delay, cut = (int(a) for a in sys.argv[1:5])
    links = (Link(rate, delay / 1000), Link(rate, delay / 1000))
    open_now = set()

    async def accepted(near_in, near_out):
        try:
            far_in, far_out = await asyncio.open_connection("127.0.0.1", target)
        except OSError:  # the broker is down: so is this end
            near_out.close()
            return
        both = {near_out, far_out}
        open_now.update(both)
        await asyncio.gather(pump(near_in, far_out, links[0]),
                             pump(far_in, near_out, links[1]))
        open_now.difference_update(both)

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * PIECE)
    listener.bind(("127.0.0.1", 0))
    await asyncio.start_server(accepted, sock=listener, limit=PIECE)
    print(listener.getsockname()[1], flush=True)
    while True:
        await asyncio.sleep(cut or 3600)
        for writer in list(open_now) if cut else []:
            writer.transport.abort()


if __name__ == "__main__":
    asyncio.run(main())

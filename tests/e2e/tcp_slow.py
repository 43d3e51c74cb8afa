#!/usr/bin/env python3
"""A poor link: passes TCP connections on slowly, late, and not for long.

    tcp_slow.py TARGET_PORT BYTES_PER_SECOND DELAY_MS CUT_SECONDS

Listens on a port of 127.0.0.1 that the kernel chooses, prints it as the only
line, and passes each connection on to TARGET_PORT there: both ways together
no faster than that each, every piece late by DELAY_MS; every CUT_SECONDS (0:
never) all connections break. Runs until it is killed.

From SIGUSR1 to SIGUSR2 a connection breaks when TRAP bytes have come down it:
what is small gets through, what is large never does, on any machine. Each such
break is a line "cut" on stderr.
"""

import asyncio
import signal
import socket
import sys

PIECE = 8192
TRAP = 48 * 1024
is_trap = False


class Link:
    """One direction: what all connections together may pass."""

    def __init__(self, rate, delay):
        self.rate, self.delay, self.free_at = rate, delay, 0.0

    async def send(self, n):
        loop = asyncio.get_running_loop()
        self.free_at = max(self.free_at, loop.time()) + n / self.rate
        await asyncio.sleep(self.free_at - loop.time())


def set_trap(value):
    global is_trap
    is_trap = value


async def pump(reader, writer, link, is_down):
    passed = 0
    try:
        while data := await reader.read(PIECE):
            passed = passed + len(data) if is_trap and is_down else 0
            if passed > TRAP:
                print("cut", file=sys.stderr, flush=True)
                writer.transport.abort()
                return
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
        await asyncio.gather(pump(near_in, far_out, links[0], False),
                             pump(far_in, near_out, links[1], True))
        open_now.difference_update(both)

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * PIECE)
    listener.bind(("127.0.0.1", 0))
    await asyncio.start_server(accepted, sock=listener, limit=PIECE)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, set_trap, True)
    loop.add_signal_handler(signal.SIGUSR2, set_trap, False)
    print(listener.getsockname()[1], flush=True)
    while True:
        await asyncio.sleep(cut or 3600)
        for writer in list(open_now) if cut else []:
            writer.transport.abort()


if __name__ == "__main__":
    asyncio.run(main())

"""A link with faults: a proxy that a test puts between a service and whom it dials.

    link = Link("unix:/run/router.sock", seed=7)      # the worker gets --routers {link.address}
    link.up.flip = 20_000                             # one bit of about every 20,000 bytes, dialler to target
    link.cut()                                        # nothing arrives any more, nobody is told
    link.heal()

What a fault does is drawn from the seed, so a scenario repeats its decisions; when bytes come is up to TCP.
A cut holds bytes back and does not lose them, like packets that TCP sends again: after `heal` they
arrive, unless an end has given up in between.
"""

import asyncio
import random
import socket
import struct
import threading
import time

CHUNK = 64 * 1024
QUEUED_CHUNKS = 64


class Way:
    """One direction. Its faults may be changed at any time, from any thread."""

    def __init__(self, loop):
        self.loop = loop
        self.opened = asyncio.Event()
        self.opened.set()
        self.calm()
        self.carried = 0   # bytes handed on
        self.flipped = 0   # bits changed
        self.delayed = 0   # chunks that had to wait
        self.sliced = 0    # chunks that went in several writes

    def calm(self):
        self.delay = 0.0   # seconds that every byte takes
        self.jitter = 0.0  # seconds more or less; order is kept
        self.rate = None   # bytes per second
        self.flip = None   # bytes between two flipped bits, on average
        self.slice = None  # bytes per write

    def cut(self):
        self.loop.call_soon_threadsafe(self.opened.clear)

    def join(self):
        self.loop.call_soon_threadsafe(self.opened.set)


class Pump:
    """Carries the bytes of one connection in one direction."""

    def __init__(self, way, reader, writer, seed):
        self.way, self.reader, self.writer = way, reader, writer
        self.random = random.Random(seed)
        self.queue = asyncio.Queue(QUEUED_CHUNKS)
        self.due = 0.0        # when the last chunk read is to arrive
        self.free = 0.0       # when the rate allows the next byte
        self.until_flip = None

    async def run(self):
        async with asyncio.TaskGroup() as group:
            group.create_task(self.take())
            group.create_task(self.give())

    async def take(self):
        while True:
            chunk = await self.reader.read(CHUNK)
            await self.way.opened.wait()
            await self.queue.put((self.arrival(len(chunk)), chunk))
            if not chunk:
                return

    async def give(self):
        while True:
            due, chunk = await self.queue.get()
            pause = due - time.monotonic()
            if pause > 0:
                self.way.delayed += 1
                await asyncio.sleep(pause)
            if not chunk:
                if self.writer.can_write_eof():
                    self.writer.write_eof()
                return
            await self.write(self.corrupted(chunk))
            self.way.carried += len(chunk)

    async def write(self, chunk):
        size = self.way.slice or len(chunk)
        self.way.sliced += size < len(chunk)
        for start in range(0, len(chunk), size):
            self.writer.write(chunk[start:start + size])
            await self.writer.drain()

    def arrival(self, count):
        now = time.monotonic()
        if self.way.rate:
            self.free = max(self.free, now) + count / self.way.rate
            now = self.free
        wobble = self.way.jitter * self.random.uniform(-1, 1)
        self.due = max(self.due, now + max(0.0, self.way.delay + wobble))
        return self.due

    def corrupted(self, chunk):
        every = self.way.flip
        if every is None:
            self.until_flip = None
            return chunk
        bytes_ = bytearray(chunk)
        if self.until_flip is None:
            self.until_flip = int(self.random.expovariate(1 / every))
        while self.until_flip < len(bytes_):
            bytes_[self.until_flip] ^= 1 << self.random.randrange(8)
            self.way.flipped += 1
            self.until_flip += 1 + int(self.random.expovariate(1 / every))
        self.until_flip -= len(bytes_)
        return bytes(bytes_)


class Link:
    """Listens on a port of loopback and carries every connection to `target`, `unix:PATH` or `HOST:PORT`.

    `up` is the way from the dialler to the target, `down` the way back.
    """

    def __init__(self, target, seed):
        self.target, self.seed = target, seed
        self.accepted = 0  # connections so far
        self.writers = set()
        self.tasks = set()
        self.loop = asyncio.new_event_loop()
        self.up, self.down = Way(self.loop), Way(self.loop)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.call(asyncio.start_server(self.accept, "127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]

    def cut(self):
        """Half-open: both ends still believe in a connection that carries nothing."""
        self.up.cut()
        self.down.cut()

    def heal(self):
        for way in (self.up, self.down):
            way.calm()
            way.join()

    def reset(self):
        """Ends every connection with a reset."""
        self.call(self.drop())

    def close(self):
        self.call(self.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=10)

    # What follows runs on the loop.

    def accept(self, reader, writer):
        self.accepted += 1
        task = self.loop.create_task(self.carry(reader, writer, self.accepted))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def carry(self, reader, writer, number):
        self.writers.add(writer)
        try:
            far_reader, far_writer = await self.dial()
        except OSError:
            return self.forget(writer)
        self.writers.add(far_writer)
        pumps = [
            Pump(self.up, reader, far_writer, f"{self.seed} up {number}"),
            Pump(self.down, far_reader, writer, f"{self.seed} down {number}"),
        ]
        try:
            async with asyncio.TaskGroup() as group:
                for pump in pumps:
                    group.create_task(pump.run())
        except* OSError:
            pass  # An end has hung up; so does the other, below.
        finally:
            self.forget(writer)
            self.forget(far_writer)

    async def dial(self):
        if self.target.startswith("unix:"):
            return await asyncio.open_unix_connection(self.target.removeprefix("unix:"))
        host, port = self.target.rsplit(":", 1)
        return await asyncio.open_connection(host, int(port))

    async def drop(self):
        for writer in list(self.writers):
            found = writer.get_extra_info("socket")
            if found is not None and found.family != socket.AF_UNIX:
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.forget(writer)

    async def end(self):
        self.server.close()
        await self.drop()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def forget(self, writer):
        self.writers.discard(writer)
        writer.transport.abort()

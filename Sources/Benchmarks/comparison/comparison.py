"""What the Python clients of the comparison share: arguments, the window, figures.

CLIENT.py PORT STREAMS MODEL SETTLE_SECONDS WINDOW_SECONDS PROMPT_BYTES

Each keeps STREAMS streams open, each on a connection of its own; when one ends, the next begins. When all stand and
SETTLE_SECONDS have passed it counts for WINDOW_SECONDS and prints one line of JSON, as reader.c does.
"""

import asyncio
import gc
import json
import os
import resource
import sys
import time


def resident_kb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def cpu_us():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e6


class Window:
    """Counts the events of all streams, and measures while the window is open."""

    def __init__(self, client):
        arguments = sys.argv[1:]
        if len(arguments) != 6:
            sys.exit(__doc__)
        self.client = client
        self.port, self.streams, self.model = int(arguments[0]), int(arguments[1]), arguments[2]
        self.settle, self.window = float(arguments[3]), float(arguments[4])
        self.prompt = "x" * int(arguments[5])
        self.is_stamped = "+stamp" in self.model
        self.events = self.requests = self.begun = 0
        self.of_stream = [0] * self.streams
        self.latencies = []
        self.is_open = False
        self.all_begun = asyncio.Event()
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def first_event(self):
        """A stream that never had an event has its first."""
        self.begun += 1
        if self.begun == self.streams:
            self.all_begun.set()

    def note_text(self, text):
        """Takes the text of an event, which may be its sender's clock."""
        if self.is_stamped and self.is_open and len(text) >= 17:
            self.latencies.append(time.time() * 1e6 - int(text[1:17]))

    async def run(self, stream):
        """Runs `stream(number)` for every stream, over and over, until the window closes; then ends the process."""
        resident_before = resident_kb()

        async def forever(number):
            while True:
                self.requests += 1
                await stream(number)

        slots = asyncio.Semaphore(64)

        async def begin(number):
            # As the other clients do: not all connections in the same instant.
            async with slots:
                task = asyncio.create_task(forever(number))
                while self.of_stream[number] == 0 and not task.done():
                    await asyncio.sleep(0.005)
            await task

        tasks = [asyncio.create_task(begin(number)) for number in range(self.streams)]
        waiting = asyncio.create_task(self.all_begun.wait())
        done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        await asyncio.sleep(self.settle)
        gc.collect()
        self.of_stream = [0] * self.streams
        events, start, cpu = self.events, time.monotonic(), cpu_us()
        self.is_open = True
        await asyncio.sleep(self.window)
        self.is_open = False
        figures = {
            "client": self.client, "streams": self.streams, "events": self.events - events,
            "requests": self.requests, "wall_us": round((time.monotonic() - start) * 1e6),
            "cpu_us": round(cpu_us() - cpu), "resident_before_kb": resident_before, "resident_kb": resident_kb(),
            "least_events_of_a_stream": min(self.of_stream),
        }
        if self.latencies:
            self.latencies.sort()
            count = len(self.latencies)
            figures["latency_p50_us"] = round(self.latencies[count // 2])
            figures["latency_p99_us"] = round(self.latencies[min(count - 1, count * 99 // 100)])
        print(json.dumps(figures), flush=True)
        # Streams are still open, on purpose.
        os._exit(0)

"""spark_run.py HOSTS MASTER WAY:FAULT...: 2,000 jobs by a Spark of two executors, once for each WAY:FAULT.

Runs in the folder of .ci/engines/spark, below whose process all of Spark runs. Prints a row of a table for each, and ends with
1 where one of them had not one result for every job, asked for more again than it may, left a process of the program for
more than ten seconds after its executor, or left one at the end.
"""
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from pyspark.sql import SparkSession

hosts, master, *runs = sys.argv[1:]
speculates = any(run.endswith(":speculation") for run in runs)
PROGRAM = os.environ["LLM4S_BATCH"] + " run - --output - "
SCRIPT = int(os.environ["LLM4S_SPARK_SCRIPT"])
PARTS, JOBS = 8, 2000
# What may be asked again. A killed process has 16 streams of 0.2 s an answer; of its commit it has a tenth of a second: with
# what a busy machine adds, twice the streams.
FAULTS = {
    "none": ("no fault", 0), "child": ("a program killed by SIGKILL", 32), "executor": ("an executor killed by SIGKILL", 32),
    "host": ("all of a host killed by SIGKILL", 32), "speculation": ("a slow partition begun twice", 0),
}
HOSTS = {"one": "one host", "two": "two hosts, one folder", "own": "two hosts, a disk each"}
# What lies on the other host's own disk: a partition and what is near.
PARTITION = 320


def is_slow(way, number):
    """Whether a job takes twenty times as long: with speculation those of one partition do."""
    if way == "module":
        return int(hashlib.sha256(f"j{number}".encode()).hexdigest()[:16], 16) % PARTS == 3
    return 520 < number <= 720


def write_jobs(way):
    with open("jobs.jsonl", "w") as file:
        for number in range(1, JOBS + 1):
            model = f"mock/count-10+pace={400 if speculates and is_slow(way, number) else 20}ms"
            file.write(json.dumps({"id": f"j{number}", "model": model, "prompt": f"job {number}"}) + "\n")


def descendants(root):
    """The processes under one, each with its command."""
    parents = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
        except OSError:
            pass
    found = {}
    for process in parents:
        above = process
        while above in parents and above != root:
            above = parents[above]
        if above == root and process != root:
            try:
                found[process] = (Path("/proc") / str(process) / "cmdline").read_text().replace("\0", " ")
            except OSError:
                pass
    return found


def living(processes):
    return [process for process in processes if os.path.exists(f"/proc/{process}")]


def wait_for_end(processes, seconds):
    """Waits until these have ended; those that have not."""
    end = time.time() + seconds
    while living(processes) and time.time() < end:
        time.sleep(0.05)
    return living(processes)


def programs_of(processes):
    return {process: command for process, command in processes.items() if command.startswith(PROGRAM)}


def is_executor(command):
    return "CoarseGrainedExecutorBackend" in command


class Run:
    """One reading of the jobs by Spark, with its fault."""

    def __init__(self, way, fault):
        self.way, self.fault = way, fault
        self.killed, self.orphans, self.at_once = [], [], False
        # The program's processes, each with the time when it was seen first.
        self.programs = {}
        self.has_ended = False
        self.logs = {log: log.stat().st_size for log in Path(".").glob("log.*")}

    def logged(self):
        """What the provider was asked for in this run."""
        lines = []
        for log, begin in self.logs.items():
            with open(log, "rb") as file:
                file.seek(begin)
                lines += file.read().split(b"\n")[:-1]
        return lines

    def watch(self):
        """Notes the program's processes, and two that have one database's name."""
        while not self.has_ended:
            programs = programs_of(descendants(SCRIPT))
            self.programs = dict.fromkeys(programs, time.time()) | self.programs
            names = Counter(command.partition("--db")[2].strip("= ").split()[0] for command in programs.values())
            self.at_once |= any(count > 1 for count in names.values())
            time.sleep(0.5)

    def strike(self):
        """Kills a process once 500 requests have been answered, and a program of it has had time to open its streams."""
        while len(self.logged()) < 500:
            time.sleep(0.1)
        busy = {}
        while not busy and not self.has_ended:
            processes = descendants(SCRIPT)
            programs = programs_of(processes)
            for process in filter(lambda process: is_executor(processes[process]), processes):
                below = [
                    below for below in descendants(process)
                    if below in programs and 1 < time.time() - self.programs.get(below, time.time()) < 2.5]
                if below:
                    busy[process] = below
        if not busy:
            return
        executor, below = next(iter(busy.items()))
        victims = {"child": below[:1], "executor": [executor]}.get(self.fault)
        if self.fault == "host":
            worker = next(
                process for process, command in processes.items()
                if "deploy.worker.Worker" in command and executor in descendants(process))
            victims = [worker, *descendants(worker)]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        begun = time.time()
        self.killed += victims
        self.orphans += wait_for_end(below, 10)
        print(f"killed {victims}; {below} lived for {time.time() - begun:.1f} s more", file=sys.stderr)

    def results(self):
        if self.way == "module":
            return [row.value for row in parts.answers(spark).collect()]
        file, command = os.path.abspath("jobs.jsonl"), "bash part.sh --concurrency 16 --durability normal"
        if self.way == "pipe":
            return context.textFile(file, PARTS).pipe(command, env=dict(os.environ), checkCode=True).collect()
        return list(context._jsc.textFile(file, PARTS).pipe(command).collect())

    def faults(self):
        """Runs it; all that was wrong."""
        threading.Thread(target=self.watch, daemon=True).start()
        if self.fault in ("child", "executor", "host"):
            threading.Thread(target=self.strike, daemon=True).start()
        try:
            results = [json.loads(line) for line in self.results()]
        except Exception as failure:
            yield str(failure)[:3000]
            return
        finally:
            left = wait_for_end(self.programs, 20)
            self.has_ended = True
        ids = [result["id"] for result in results]
        if sorted(ids) != sorted(f"j{number}" for number in range(1, JOBS + 1)):
            yield f"{len(ids)} results of {len(set(ids))} jobs"
        if any(result["status"] != "completed" for result in results):
            yield "some failed"
        if self.fault in ("child", "executor", "host") and not self.killed:
            yield "nothing was killed"
        if self.fault == "speculation" and not self.at_once:
            yield "no partition had two attempts at once"
        if self.orphans:
            yield f"programs that outlived their executor: {self.orphans}"
        if left:
            yield f"programs that are left: {left}"
        words, most = FAULTS[self.fault]
        # Where the program alone was killed, the module begins it again on the spot.
        if hosts == "own" and self.fault != "none" and (self.way, self.fault) != ("module", "child"):
            most = PARTITION
        Path("log").write_bytes(b"".join(line + b"\n" for line in self.logged()))
        asked = [Path(__file__).parent / "asked", "log", str(JOBS), f"{self.way}, {HOSTS[hosts]}, {words}", str(most)]
        if subprocess.run(asked).returncode != 0:
            yield f"{self.way}:{self.fault}"


builder = SparkSession.builder.master(master).appName("parts")
for name, value in {
    "executor.memory": "600m", "executor.cores": "1", "ui.enabled": "false", "sql.shuffle.partitions": str(PARTS),
    "speculation": str(speculates).lower(), "speculation.interval": "100ms", "speculation.multiplier": "1.5",
    "speculation.quantile": "0.5", "scheduler.minRegisteredResourcesRatio": "1",
}.items():
    builder = builder.config("spark." + name, value)
spark = builder.getOrCreate()
context = spark.sparkContext
context.addPyFile("parts.py")
context.addFile("part.sh")
import parts  # noqa: E402 - it is sent to the executors

status = 0
for way, fault in (run.split(":") for run in runs):
    # Those that were killed are there again; Spark counts itself.
    while len(context._jsc.sc().statusTracker().getExecutorInfos()) < 3:
        time.sleep(0.2)
    write_jobs(way)
    for fault_of_run in Run(way, fault).faults():
        status = 1
        print(f"{way}:{fault}: {fault_of_run}", file=sys.stderr, flush=True)
    for folder in "databases", "first", "second":
        for file in Path(folder).iterdir():
            file.unlink()
spark.stop()
sys.exit(status)

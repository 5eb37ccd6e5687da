"""spark_run.py module|pipe none|child|executor: 2,000 jobs by Spark, and one process killed in the middle.

Runs in the folder of .ci/engines/spark, and fails where not every job has one result, or a process of the program outlives
its executor for more than ten seconds.
"""
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from pyspark.sql import SparkSession

way, fault = sys.argv[1:]
databases = Path(os.environ["LLM4S_DATABASES"])


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


killed, orphans = [], []


def strike():
    """Kills a process once 500 requests have been answered."""
    while sum(1 for _ in open("log")) < 500:
        time.sleep(0.05)
    while True:
        processes = descendants(os.getpid())
        programs = [
            process for process, command in processes.items()
            if command.startswith(os.environ["LLM4S_BATCH"] + " run - --output - ")]
        executors = {
            process: [below for below in descendants(process) if below in programs]
            for process, command in processes.items() if "CoarseGrainedExecutorBackend" in command}
        busy = [executor for executor, below in executors.items() if below]
        if busy:
            break
    victim = programs[0] if fault == "child" else busy[0]
    os.kill(victim, signal.SIGKILL)
    killed.append(victim)
    if fault == "child":
        return
    below = executors[victim]
    end = time.time() + 10
    while any(os.path.exists(f"/proc/{process}") for process in below) and time.time() < end:
        time.sleep(0.05)
    orphans.extend(process for process in below if os.path.exists(f"/proc/{process}"))
    print(f"killed executor {victim} with {below}, which lived for {10 - end + time.time():.1f} s more", file=sys.stderr)


spark = (
    SparkSession.builder.master("local-cluster[2,1,1024]").appName("parts")
    .config("spark.executor.memory", "600m").config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "8").getOrCreate())
spark.sparkContext.addPyFile("parts.py")
import parts  # noqa: E402 - it is sent to the executors

if fault != "none":
    threading.Thread(target=strike, daemon=True).start()
if way == "module":
    lines = [row.value for row in parts.answers(spark).collect()]
else:
    # What pipe does not tell is which part it is: the first line stands for it.
    command = (
        'IFS= read -r first || exit 0; name=$(printf %s "$first" | sha256sum | cut -c 1-16); '
        '{ printf "%s\\n" "$first"; cat; } | '
        '"$LLM4S_BATCH" run - --output - --db "$LLM4S_DATABASES/$name.db" --concurrency 16 --durability normal '
        "--allow-failures --wait-lock 1m")
    lines = spark.sparkContext.textFile("jobs.jsonl", 8).pipe(
        f"sh -c '{command}'", env=dict(os.environ), checkCode=True).collect()
results = [json.loads(line) for line in lines]
ids = [result["id"] for result in results]
spark.stop()
if sorted(ids) != sorted(f"j{number}" for number in range(1, 2001)):
    sys.exit(f"{len(ids)} results of {len(set(ids))} jobs")
if any(result["status"] != "completed" for result in results):
    sys.exit("some failed")
if fault != "none" and not killed:
    sys.exit("nothing was killed")
if orphans:
    sys.exit(f"programs that outlived their executor: {orphans}")

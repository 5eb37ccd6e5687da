"""%%SHARDS%% parts of a job file, each by a process of llm4s-batch, by llm4s-batch plan spark.

    spark-submit THIS.py OUT

writes the results, a line of JSON for each job, to the folder OUT. In a program of your own, answers(spark) gives them as
a DataFrame, and run(lines) those of any DataFrame whose column `value` holds job lines. Needs Spark 4.1 or later.

- llm4s-batch must be in PATH on every host; LLM4S_BATCH names another.
- The key comes by the environment of the executors: of the host, or as a secret (spark.kubernetes.executor.secretKeyRef).
  What spark.executorEnv sets is shown on Spark's web page.
- A part's database lies on the executor's host, in LLM4S_DATABASES (by default /var/tmp/llm4s-batch-UID); not on NFS or
  Lustre, nor on a disk that goes with the executor. Another attempt of the part on that host, or evaluating the DataFrame
  again, gives what is stored without a call, and asks for the rest. One on another host asks for all of it.
- Failed jobs are lines with an error; they do not fail the task.
"""

import os
import re
import subprocess
import sys
import threading

import pyarrow
from pyspark.sql import DataFrame, SparkSession, functions

PARTS = %%SHARDS%%
FILE = %%FILE%%
NAME = %%STEM%%
%%LIMITS%%OPTIONS = [%%OPTIONS%%]


def answers(spark: SparkSession) -> DataFrame:
    """The results of the job file, which Spark reads."""
    # In a file's name Spark takes these for a pattern.
    return run(spark.read.text(re.sub(r"([\\*?\[\]{}])", r"\\\1", FILE), lineSep="\n"))


def run(lines: DataFrame) -> DataFrame:
    """The results of job lines: columns part, a number, and value, a line of JSON."""
    # The hash of its id decides a line's part, so that every attempt of a part has the same lines and the same database.
    value = functions.col("value")
    id, custom_id = (functions.get_json_object(value, name) for name in ("$.id", "$.custom_id"))
    digits = functions.substring(functions.sha2(functions.coalesce(id, custom_id, value), 256), 1, 16)
    part = (functions.conv(digits, 16, 10).cast("decimal(20,0)") % PARTS).cast("int")
    parts = lines.where(value.isNotNull()).select(part.alias("part"), value)
    return parts.repartitionById(PARTS, "part").mapInArrow(_answer, "part int, value string")


def _answer(batches):
    """Answers the lines of one part."""
    first = next((batch for batch in batches if batch.num_rows > 0), None)
    if first is None:
        return
    number = first.column("part")[0].as_py()
    width = max(3, len(str(PARTS)))
    database = os.path.join(_folder(), f"{NAME}.{number:0{width}}-of-{PARTS:0{width}}.db")
    program = os.environ.get("LLM4S_BATCH") or "llm4s-batch"
    child = subprocess.Popen(
        [program, "run", "-", "--output", "-", "--db", database, *OPTIONS],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    failures = []

    def feed():
        try:
            with os.fdopen(os.dup(child.stdin.fileno()), "wb", buffering=1 << 16) as lines:
                batch = first
                while batch is not None:
                    if any(other != number for other in batch.column("part").unique().to_pylist()):
                        raise RuntimeError(f"lines of another part came with those of part {number}")
                    for line in batch.column("value"):
                        # A line break inside of JSON is white space.
                        lines.write(line.as_py().replace("\n", " ").encode() + b"\n")
                    lines.flush()
                    batch = next(batches, None)
            child.stdin.close()
        except BaseException as failure:
            # The executor is gone, or the child. The end of its input would tell it that all lines have come, and it would
            # pay for those that it has.
            failures.append(failure)
            child.terminate()

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        pending = bytearray()
        # What is there is passed on at once.
        while data := child.stdout.read(1 << 16):
            pending += data
            if b"\n" not in data:
                continue
            end = pending.rindex(b"\n")
            results = bytes(pending[:end]).decode().split("\n")
            del pending[: end + 1]
            yield pyarrow.RecordBatch.from_arrays(
                [pyarrow.array([number] * len(results), pyarrow.int32()), pyarrow.array(results, pyarrow.string())],
                ["part", "value"])
        status = child.wait()
        if status == 0:
            feeder.join()
    finally:
        # Where Spark gives the task up, nobody reads: the child closes its streams, stores what came, and ends. So it does
        # when this process is killed.
        child.stdout.close()
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    failure = failures[0] if failures else None
    if status != 0:
        raise RuntimeError(
            f"part {number} of {PARTS}: llm4s-batch ended with status {status}; the executor's stderr says why") from failure
    if failure:
        raise failure


def _folder():
    """The folder of the databases on this host."""
    named = os.environ.get("LLM4S_DATABASES")
    folder = named or f"/var/tmp/llm4s-batch-{os.getuid()}"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if not named and os.stat(folder).st_uid != os.getuid():
        raise RuntimeError(f"{folder} is another user's: name a folder of your own in LLM4S_DATABASES")
    return folder


if __name__ == "__main__":
    answers(SparkSession.builder.appName("llm4s-batch").getOrCreate()).select("value").write.text(sys.argv[1])

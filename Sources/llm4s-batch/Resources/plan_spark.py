"""%%SHARDS%% parts of a job file, each by a process of llm4s-batch, by llm4s-batch plan spark.

    spark-submit THIS.py OUT

writes the results, a line of JSON for each job, to the folder OUT. In a program of your own, answers(spark) gives them as
a DataFrame, and run(lines) those of any DataFrame whose column `value` holds job lines. Needs Spark 4.1 or later,
with pandas and PyArrow.

- llm4s-batch must be in PATH on every host; LLM4S_BATCH names another.
- The key comes by the environment of the executors: of the host, or as a secret (spark.kubernetes.executor.secretKeyRef).
  What spark.executorEnv sets is shown on Spark's web page.
- A part's database lies on the executor's host, in LLM4S_DATABASES (by default /var/tmp/llm4s-batch-UID); not on NFS or
  Lustre, nor on a disk that goes with the executor. Another attempt of the part on that host, or evaluating the DataFrame
  again, gives what is stored without a call, and asks for the rest. One on another host asks for all of it, unless
  LLM4S_DATABASES is a folder that all hosts see and that has locks, as on CephFS.
- So does an attempt that spark.speculation begins on another host beside a slow one: keep that off. Of two attempts that
  have one database the second waits for the first.
- A program that is killed alone, as for want of memory, is begun again on the spot, three times.
- Failed jobs are lines with an error; they do not fail the task.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import warnings

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
    if lines.sparkSession.conf.get("spark.speculation", "false") == "true":
        warnings.warn("spark.speculation: a part that is begun twice, on two hosts with a disk each, is paid for twice")
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
    command = [program, "run", "-", "--output", "-", "--db", database, *OPTIONS]
    lines = _lines(number, first, batches)
    with tempfile.TemporaryFile(dir=_folder()) as fed:
        given = set()
        for _ in range(4):
            status = yield from _run(command, number, lines, fed, given)
            if status != -signal.SIGKILL:
                break
    if status != 0:
        raise RuntimeError(
            f"part {number} of {PARTS}: llm4s-batch ended with status {status}; the executor's stderr says why")


def _lines(number, batch, batches):
    """The lines of this batch and of those after it, and b"" after each: the next one may take its time."""
    while batch is not None:
        if any(other != number for other in batch.column("part").unique().to_pylist()):
            raise RuntimeError(f"lines of another part came with those of part {number}")
        for line in batch.column("value"):
            # A line break inside of JSON is white space.
            yield line.as_py().replace("\n", " ").encode() + b"\n"
        yield b""
        batch = next(batches, None)


def _run(command, number, lines, fed, given):
    """Has a program of its own answer lines, and returns its status.

    It gets first what one that was killed had been fed, the file fed, and then what is left. Results whose hashes are in
    given were passed on before.
    """
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    failures = []

    def feed():
        try:
            with os.fdopen(os.dup(child.stdin.fileno()), "wb", buffering=1 << 16) as stdin:
                fed.seek(0)
                shutil.copyfileobj(fed, stdin)
                for line in lines:
                    fed.write(line)
                    stdin.write(line)
                    if not line:
                        stdin.flush()
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
            results = [line for line in bytes(pending[:end]).decode().split("\n") if hash(line) not in given]
            del pending[: end + 1]
            given.update(map(hash, results))
            if results:
                yield pyarrow.RecordBatch.from_arrays(
                    [pyarrow.array([number] * len(results), pyarrow.int32()), pyarrow.array(results, pyarrow.string())],
                    ["part", "value"])
        status = child.wait()
        if status in (0, -signal.SIGKILL):
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
    if failures and (status == 0 or not isinstance(failures[0], BrokenPipeError)):
        raise failures[0]
    return status


def _folder():
    """The folder of the databases on this host."""
    named = os.environ.get("LLM4S_DATABASES")
    folder = named or f"/var/tmp/llm4s-batch-{os.getuid()}"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if not named and os.stat(folder).st_uid != os.getuid():
        raise RuntimeError(f"{folder} is another user's: name a folder of your own in LLM4S_DATABASES")
    return folder


if __name__ == "__main__":
    session = SparkSession.builder.appName("llm4s-batch").config("spark.speculation", "false").getOrCreate()
    answers(session).select("value").write.text(sys.argv[1])

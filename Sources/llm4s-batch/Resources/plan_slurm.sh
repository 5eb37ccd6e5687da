#!/bin/bash
# %%SHARDS%% parts of a job file, a task of an array each, by llm4s-batch plan slurm. To begin: sbatch FILE
#
# The key comes by the environment, which sbatch passes on: export OPENAI_API_KEY or its like first. It is not in here.
%%LIMITS%%# llm4s-batch is looked for in PATH; LLM4S_BATCH names another.
#
# While a part runs, its database lies on the node's own disk, in LLM4S_DATABASES: on NFS, Lustre and their like a
# database lacks the locks and the shared memory that it needs. When the task ends, however it ends, the database is
# moved to LLM4S_PARTS, a folder that all nodes see, and the next attempt, on any node, goes on from there. After SIGKILL
# it stays on its node: an attempt there goes on from it, one elsewhere from what was moved before. To make one of them:
#     llm4s-batch merge whole.db PARTS/*.db
#
# Slurm's MaxArraySize must be more than the last number of the array; %8 behind it lets 8 tasks run at a time.
#SBATCH --job-name=llm4s-batch
#SBATCH --array=0-%%LAST%%
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=llm4s-batch.%A_%a.log
#SBATCH --time=12:00:00
#SBATCH --signal=B:USR1@%%NOTICE%%
set -u
# Prompts and answers are the user's alone.
umask 077

program=${LLM4S_BATCH:-llm4s-batch}
file=%%FILE%%
parts=%%PARTS%%
parts=${LLM4S_PARTS:-$parts}
databases=${LLM4S_DATABASES:-/var/tmp/llm4s-batch-$(id -u)}
options=(%%OPTIONS%%)
name=%%STEM%%.$(printf '%0%%WIDTH%%d-of-%0%%WIDTH%%d' "$SLURM_ARRAY_TASK_ID" %%SHARDS%%).db
db=$databases/$name
say() { printf '%s: %s\n' "$name" "$*" >&2; }

# Puts a file in another's place, whole or not at all, since the folder may be another file system's.
place() { cp -- "$1" "$2.$SLURM_JOB_ID.new" && mv -f -- "$2.$SLURM_JOB_ID.new" "$2"; }

# Asks for another attempt, unless Slurm itself ends this one. Bounded: what fails a hundred times wants a look at it.
ended=''
requeue() {
    [ -z "$ended" ] || exit "$1"
    if [ "${SLURM_RESTART_COUNT:-0}" -ge 100 ]; then
        say "status $1 after 100 attempts: not again"
        exit "$1"
    fi
    say "status $1: again"
    scontrol requeue "$SLURM_JOB_ID" || exit "$1"
    if [ "$1" = 3 ]; then scontrol update JobId="$SLURM_JOB_ID" ExcNodeList="$SLURMD_NODENAME" 2>/dev/null; fi
    exit "$1"
}

mkdir -p -- "$databases" "$parts" || exit 2
if [ ! -O "$databases" ]; then
    say "$databases is another user's: name a folder of your own in LLM4S_DATABASES"
    exit 2
fi
kind=$(stat -f -c %T -- "$databases")
case $kind in
nfs* | smb* | cifs | lustre | fuse* | 9p | v9fs | afs | panfs | beegfs | gpfs)
    say "$databases is on a file system that cannot hold a database ($kind): name one of this node in LLM4S_DATABASES"
    exit 2
    ;;
esac

# USR1 comes to this shell alone, before the time limit. TERM comes to every process of a task that Slurm ends
# (scancel, preemption, requeue): then Slurm knows what is next.
child='' late='' signalled=''
trap 'signalled=1 late=1; [ -z "$child" ] || kill -TERM "$child"' USR1
trap 'signalled=1 ended=1' TERM

# One attempt of a part at a time on a node, as long as this shell or its program lives.
exec 9>"$db.task" || exit 2
flock -w 300 9 || requeue 3

# Which of the moved databases this one began from; by the file's number, since clocks of machines differ.
version() { stat -c %i.%s.%Y -- "$parts/$name" 2>/dev/null || echo none; }

if [ -e "$db" ] && [ "$(version)" != "$(cat "$db.from" 2>/dev/null || echo none)" ]; then
    # A task was killed here, and others have gone on elsewhere: what was paid here is kept for the merge.
    kept=${name%.db}.$SLURM_JOB_ID.$SLURMD_NODENAME.${SLURM_RESTART_COUNT:-0}.db
    say "a killed attempt's answers are kept in $kept"
    "$program" merge "$db.left" "$db" && place "$db.left" "$parts/$kept" &&
        rm -f -- "$db" "$db-wal" "$db-shm" "$db.left" "$db.left.lock" || requeue 3
fi
if [ ! -e "$db" ]; then
    version >"$db.from" || requeue 3
    if [ -e "$parts/$name" ]; then place "$parts/$name" "$db" || requeue 3; fi
fi

part() {
    status=143
    [ -z "$late$ended" ] || return
    "$program" run --shard auto/%%SHARDS%% --db "$db" "${options[@]}" -- "$file" &
    child=$!
    status=127
    while :; do
        signalled=''
        wait "$child"
        code=$?
        # 127: it was waited for already, when a signal came.
        [ "$code" = 127 ] || status=$code
        [ -n "$signalled" ] || break
    done
}
part
# Killed alone, as for want of memory: its database is here, and nowhere else.
for _ in 1 2 3; do [ "$status" != 137 ] || part; done

if [ "$status" = 3 ]; then
    # It may be another's, or damaged.
    say "$db stays on $SLURMD_NODENAME"
elif [ -s "$db-wal" ]; then
    say "somebody reads $db, or it was not closed: it stays on $SLURMD_NODENAME"
elif [ -e "$db" ] && ! { place "$db" "$parts/$name" && rm -f -- "$db" "$db.from"; }; then
    # Another node would begin anew.
    say "status $status, but $db cannot be moved to $parts: it stays on $SLURMD_NODENAME"
    exit 3
fi
case $status in
3 | 4 | 129 | 130 | 137 | 143) requeue "$status" ;;
esac
exit "$status"

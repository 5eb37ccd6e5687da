// Preloaded into the program under test: stands between it and the files of one database.
//
// It counts the calls that reach these files, makes one of them the process's last, tears it or lets it fail, and
// records what the disk was told, with what standard error was told in between. Built and steered by
// Tests/CommandTests/Crash; the variables, all but the first optional:
//
//   LLM4S_CRASH_DATABASE  real path of the database; its -journal, -wal, -shm, .lock and folder belong to it
//   LLM4S_CRASH_FAULT     kill | tear | eio | enospc | enomem | short
//   LLM4S_CRASH_AT        which call it meets, from 1
//   LLM4S_CRASH_ONLY      the kind of the calls that are counted and met: sync, write; without it all
//   LLM4S_CRASH_LASTING   1: all later calls fail too (eio, enospc, enomem)
//   LLM4S_CRASH_PART      how much of a torn or short write is done, in thousandths
//   LLM4S_CRASH_LOOKS     1: calls that change nothing (reads, openings) are counted too
//   LLM4S_CRASH_NO_SYNC   1: fsync and fdatasync do nothing and say that they did
//   LLM4S_CRASH_RECORD    file that the record is appended to
//   LLM4S_CRASH_HIT       file that says which call the fault met

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// The numbers are those of DiskRecord.swift.
enum file { NONE, MAIN, JOURNAL, WAL, SHM, LOCK, FOLDER };
enum kind { LOOK, CREATE, WRITE, TRUNCATE, SYNC, UNLINK, TOLD };
enum fault { NO_FAULT, KILL, TEAR, EIO_FAULT, ENOSPC_FAULT, ENOMEM_FAULT, SHORT };

struct header {
    uint32_t kind, file;
    uint64_t offset, count;
};

static const char *const endings[] = {"", "", "-journal", "-wal", "-shm", ".lock"};
static const char *const kinds[] = {"look", "create", "write", "truncate", "sync", "unlink", "told"};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char files[65536];
static char database[4096];
static size_t database_length, folder_length;
static enum fault fault;
static const char *only;
static long at, calls, part;
static int is_lasting, counts_looks, drops_syncs, record_fd = -1, hit_fd = -1;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static int opened(const char *name) {
    const char *path = getenv(name);
    return path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
}

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("LLM4S_CRASH_DATABASE"), *name = getenv("LLM4S_CRASH_FAULT");
    if (!path || strlen(path) >= sizeof database || !strrchr(path, '/')) return;
    strcpy(database, path);
    database_length = strlen(path);
    folder_length = (size_t)(strrchr(database, '/') - database);
    static const char *const faults[] = {"", "kill", "tear", "eio", "enospc", "enomem", "short"};
    for (int i = KILL; name && i <= SHORT; i++)
        if (!strcmp(name, faults[i])) fault = (enum fault)i;
    at = number("LLM4S_CRASH_AT");
    only = getenv("LLM4S_CRASH_ONLY");
    part = number("LLM4S_CRASH_PART");
    is_lasting = number("LLM4S_CRASH_LASTING") != 0;
    counts_looks = number("LLM4S_CRASH_LOOKS") != 0;
    drops_syncs = number("LLM4S_CRASH_NO_SYNC") != 0;
    record_fd = opened("LLM4S_CRASH_RECORD");
    hit_fd = opened("LLM4S_CRASH_HIT");
}

static enum file file_named(const char *path) {
    if (!database_length || !path || strncmp(path, database, folder_length)) return NONE;
    if (!path[folder_length]) return FOLDER;
    if (strncmp(path, database, database_length)) return NONE;
    for (int i = MAIN; i <= LOCK; i++)
        if (!strcmp(path + database_length, endings[i])) return (enum file)i;
    return NONE;
}

static enum file file_at(int fd) { return fd >= 0 && fd < (int)sizeof files ? (enum file)files[fd] : NONE; }

static void put(int fd, const void *bytes, size_t count) {
    while (count > 0) {
        long done = syscall(SYS_write, fd, bytes, count);
        if (done < 0) _exit(111);
        bytes = (const char *)bytes + done;
        count -= (size_t)done;
    }
}

static void record(enum kind kind, enum file file, uint64_t offset, const void *bytes, uint64_t count) {
    if (record_fd < 0) return;
    struct header header = {kind, file, offset, count};
    put(record_fd, &header, sizeof header);
    if (bytes) put(record_fd, bytes, count);
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

// Counts a call; gives the fault that it meets. One that kills does not return.
static enum fault meets(enum kind kind, enum file file) {
    if (!fault || (kind == LOOK && !counts_looks) || (only && strcmp(only, kinds[kind]))) return NO_FAULT;
    calls++;
    if (calls != at && !(is_lasting && calls > at)) return NO_FAULT;
    // A full disk can still be read, and made emptier.
    if (fault == ENOSPC_FAULT && kind != CREATE && kind != WRITE && kind != SYNC) return NO_FAULT;
    if ((fault == TEAR || fault == SHORT) && kind != WRITE) return NO_FAULT;
    if (hit_fd >= 0) {
        char line[128];
        const char *ending = file == FOLDER ? " (folder)" : endings[file];
        int count = snprintf(line, sizeof line, "call %ld: %s%s\n", calls, kinds[kind], ending);
        put(hit_fd, line, (size_t)count);
    }
    if (fault == KILL) die();
    return fault;
}

// Whether a fault lets its call fail, with errno set.
static int is_failure(enum fault met) {
    if (met != EIO_FAULT && met != ENOSPC_FAULT && met != ENOMEM_FAULT) return 0;
    errno = met == EIO_FAULT ? EIO : met == ENOSPC_FAULT ? ENOSPC : ENOMEM;
    return 1;
}

static int fails(enum kind kind, enum file file) { return is_failure(meets(kind, file)); }

// MARK: What stands in place of the library's functions

static int open_file(int folder, const char *path, int flags, mode_t mode) {
    enum file file = file_named(path);
    if (!file) return (int)syscall(SYS_openat, folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    int creates = (flags & O_CREAT) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK);
    enum kind kind = creates ? CREATE : LOOK;
    int fd = fails(kind, file) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
    int error = errno;
    if (fd >= (int)sizeof files) _exit(112);
    if (fd >= 0) files[fd] = (unsigned char)file;
    // What failed was counted all the same.
    record(creates && fd >= 0 ? CREATE : LOOK, file, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

static mode_t mode_of(int flags, va_list list) {
    return flags & (O_CREAT | __O_TMPFILE) ? (mode_t)va_arg(list, unsigned) : 0;
}

#define OPEN(name)                                          \
    int name(const char *path, int flags, ...) {            \
        va_list list;                                       \
        va_start(list, flags);                              \
        mode_t mode = mode_of(flags, list);                 \
        va_end(list);                                       \
        return open_file(AT_FDCWD, path, flags, mode);      \
    }
#define OPENAT(name)                                        \
    int name(int folder, const char *path, int flags, ...) {\
        va_list list;                                       \
        va_start(list, flags);                              \
        mode_t mode = mode_of(flags, list);                 \
        va_end(list);                                       \
        return open_file(folder, path, flags, mode);        \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    if (!file_at(fd)) return (int)syscall(SYS_close, fd);
    pthread_mutex_lock(&lock);
    files[fd] = NONE;
    int result = (int)syscall(SYS_close, fd);
    pthread_mutex_unlock(&lock);
    return result;
}

// Writes at an offset; a negative one stands for where the file is.
static ssize_t write_file(int fd, const void *bytes, size_t count, off_t offset) {
    enum file file = file_at(fd);
    pthread_mutex_lock(&lock);
    off_t start = offset >= 0 ? offset : (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
    enum fault met = meets(WRITE, file);
    ssize_t result = -1;
    size_t asked = count;
    if (met == TEAR || met == SHORT) count = count * (size_t)part / 1000;
    if (met == SHORT && count == 0) count = 1;
    if (is_failure(met)) {
        result = -1;
    } else if (offset >= 0) {
        result = syscall(SYS_pwrite64, fd, bytes, count, offset);
    } else {
        result = syscall(SYS_write, fd, bytes, count);
    }
    int error = errno;
    record(result > 0 ? WRITE : LOOK, file, (uint64_t)start, result > 0 ? bytes : NULL, result > 0 ? (uint64_t)result : 0);
    if (met == TEAR && count < asked) die();
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return file_at(fd) ? write_file(fd, bytes, count, offset) : syscall(SYS_pwrite64, fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) { return pwrite(fd, bytes, count, offset); }

ssize_t write(int fd, const void *bytes, size_t count) {
    if (file_at(fd)) return write_file(fd, bytes, count, -1);
    if (fd != STDERR_FILENO || record_fd < 0) return syscall(SYS_write, fd, bytes, count);
    // What is told is told of all that the record has before it.
    pthread_mutex_lock(&lock);
    record(TOLD, NONE, 0, bytes, count);
    ssize_t result = syscall(SYS_write, fd, bytes, count);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

static ssize_t read_file(int fd, void *bytes, size_t count, off_t offset) {
    enum file file = file_at(fd);
    ssize_t result = -1;
    if (file) pthread_mutex_lock(&lock);
    if (!file || !fails(LOOK, file))
        result = offset >= 0 ? syscall(SYS_pread64, fd, bytes, count, offset) : syscall(SYS_read, fd, bytes, count);
    int error = errno;
    if (file) {
        record(LOOK, file, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return result;
}

ssize_t read(int fd, void *bytes, size_t count) { return read_file(fd, bytes, count, -1); }
ssize_t pread(int fd, void *bytes, size_t count, off_t offset) { return read_file(fd, bytes, count, offset); }
ssize_t pread64(int fd, void *bytes, size_t count, off64_t offset) { return read_file(fd, bytes, count, offset); }

static int sync_file(int fd, long call) {
    enum file file = file_at(fd);
    if (!file) return (int)syscall(call, fd);
    pthread_mutex_lock(&lock);
    int result = fails(SYNC, file) ? -1 : drops_syncs ? 0 : (int)syscall(call, fd);
    int error = errno;
    record(result == 0 && !drops_syncs ? SYNC : LOOK, file, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int fsync(int fd) { return sync_file(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_file(fd, SYS_fdatasync); }

int ftruncate(int fd, off_t size) {
    enum file file = file_at(fd);
    if (!file) return (int)syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&lock);
    int result = fails(TRUNCATE, file) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
    int error = errno;
    record(result == 0 ? TRUNCATE : LOOK, file, (uint64_t)size, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int unlink(const char *path) {
    enum file file = file_named(path);
    if (!file) return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    pthread_mutex_lock(&lock);
    int result = fails(UNLINK, file) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    int error = errno;
    record(result == 0 ? UNLINK : LOOK, file, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

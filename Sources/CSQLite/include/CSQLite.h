/// The system's SQLite, and the few calls that Swift cannot make itself: variadic ones, and macros that cast.

#ifndef CSQLITE_H
#define CSQLITE_H

#include <sqlite3.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Extended result codes that Swift does not see.
static const int csqlite_ioerr_short_read = SQLITE_IOERR_SHORT_READ;
static const int csqlite_ioerr_shmsize = SQLITE_IOERR_SHMSIZE;
static const int csqlite_ioerr_nomem = SQLITE_IOERR_NOMEM;

/// Turns SQLite's own statistics of memory off: they lock a mutex for every allocation. Before the first connection.
int csqlite_disable_memory_statistics(void);

/// SQLITE_TRANSIENT: SQLite copies the bytes before the bind call returns. (SQLITE_STATIC is a null pointer.)
sqlite3_destructor_type csqlite_transient(void);

/// Whether the newest error that the system gave on the main file, its journal or WAL is one of the disk (EIO, ENXIO).
///
/// SQLite reports such a failed read as damage of the file, SQLITE_CORRUPT.
int csqlite_disk_failed(sqlite3 *db);

/// The newest error number that the system gave on the WAL or journal, else on the main file; 0 for none.
///
/// sqlite3_system_errno() is not set by what fails within COMMIT.
int csqlite_last_errno(sqlite3 *db);

/// Whether closing the last connection copies the WAL into the database and deletes it
/// (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, inverted).
int csqlite_set_checkpoint_on_close(sqlite3 *db, int on);

/// Lets PRAGMA writable_schema have its effect (SQLITE_DBCONFIG_DEFENSIVE off), which some systems' SQLite denies.
int csqlite_allow_schema_writing(sqlite3 *db);

/// Reads the first bytes of the main database file through SQLite's own descriptor.
///
/// Opening and closing the file beside SQLite would drop the POSIX locks that this process holds on it
/// (sqlite.org/howtocorrupt.html, 2.2). Returns SQLITE_IOERR_SHORT_READ for a shorter file; the rest is then zeros.
int csqlite_read_header(sqlite3 *db, void *bytes, int count);

/// SQLite's own descriptor of the main database file; -1 where its layer of the system is not the one that is known.
///
/// For locks that SQLite does not take (flock). It is SQLite's to close.
int csqlite_descriptor(sqlite3 *db);

/// Whether a file lies on a network file system of Linux (NFS, SMB), as far as is known.
int csqlite_is_remote(int descriptor);

#ifdef __cplusplus
}
#endif

#endif

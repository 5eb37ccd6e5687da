#include "CSQLite.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

int csqlite_disable_memory_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

sqlite3_destructor_type csqlite_transient(void) { return SQLITE_TRANSIENT; }

// The number that the system gave at the newest failure of one of the database's files; 0 for none.
static int last_errno(sqlite3 *db, int pointer) {
  sqlite3_file *file = 0;
  int code = 0;
  if (sqlite3_file_control(db, "main", pointer, &file) != SQLITE_OK || file == 0 || file->pMethods == 0 ||
      file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &code) != SQLITE_OK)
    return 0;
  return code;
}

int csqlite_last_errno(sqlite3 *db) {
  int code = last_errno(db, SQLITE_FCNTL_JOURNAL_POINTER);
  return code != 0 ? code : last_errno(db, SQLITE_FCNTL_FILE_POINTER);
}

int csqlite_disk_failed(sqlite3 *db) {
  static const int pointers[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};
  for (int i = 0; i < 2; i++) {
    int code = last_errno(db, pointers[i]);
    if (code == EIO || code == ENXIO)
      return 1;
  }
  return 0;
}

int csqlite_set_checkpoint_on_close(sqlite3 *db, int on) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on, (int *)0);
}

int csqlite_allow_schema_writing(sqlite3 *db) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, (int *)0);
}

int csqlite_read_header(sqlite3 *db, void *bytes, int count) {
  sqlite3_file *file = 0;
  int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code != SQLITE_OK)
    return code;
  if (file == 0 || file->pMethods == 0)
    return SQLITE_CANTOPEN;
  return file->pMethods->xRead(file, bytes, count, 0);
}

int csqlite_descriptor(sqlite3 *db) {
  // The head of `unixFile` in os_unix.c, as it is since 3.7.
  struct head {
    const sqlite3_io_methods *methods;
    sqlite3_vfs *vfs;
    void *inode;
    int descriptor;
  };
  sqlite3_file *file = 0;
  sqlite3_vfs *vfs = 0;
  if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == 0 ||
      file->pMethods == 0 || sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) != SQLITE_OK ||
      vfs == 0 || strcmp(vfs->zName, "unix") != 0 || vfs->szOsFile < (int)sizeof(struct head))
    return -1;
  struct head head;
  memcpy(&head, file, sizeof head);
  const char *path = sqlite3_db_filename(db, "main");
  struct stat open, named;
  // Whoever changed the layout would not have put the file's own descriptor there.
  if (head.vfs != vfs || path == 0 || fstat(head.descriptor, &open) != 0 || stat(path, &named) != 0 ||
      open.st_dev != named.st_dev || open.st_ino != named.st_ino)
    return -1;
  return head.descriptor;
}

#ifdef __linux__
// `f_type` of network file systems: the numbers of statfs(2). Older versions of linux/magic.h lack those of CIFS and
// SMB2.
static const unsigned nfs_magic = 0x6969;
static const unsigned smb_magic = 0x517B;
static const unsigned cifs_magic = 0xFF534D42;
static const unsigned smb2_magic = 0xFE534D42;
#endif

int csqlite_is_remote(int descriptor) {
#ifdef __linux__
  struct statfs status;
  if (fstatfs(descriptor, &status) != 0)
    return 1;
  unsigned type = (unsigned)status.f_type;
  return type == nfs_magic || type == smb_magic || type == cifs_magic || type == smb2_magic;
#else
  (void)descriptor;
  return 0;
#endif
}

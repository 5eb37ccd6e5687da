#include "CSQLite.h"
#include <errno.h>

int csqlite_disk_failed(sqlite3 *db) {
  static const int pointers[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};
  for (int i = 0; i < 2; i++) {
    sqlite3_file *file = 0;
    int code = 0;
    if (sqlite3_file_control(db, "main", pointers[i], &file) == SQLITE_OK && file != 0 && file->pMethods != 0 &&
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &code) == SQLITE_OK &&
        (code == EIO || code == ENXIO))
      return 1;
  }
  return 0;
}

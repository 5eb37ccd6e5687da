#include "CSQLite.h"

int csqlite_disable_memory_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

sqlite3_destructor_type csqlite_transient(void) { return SQLITE_TRANSIENT; }

int csqlite_set_checkpoint_on_close(sqlite3 *db, int on) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on, (int *)0);
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

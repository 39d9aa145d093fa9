/* SQLite for Swift. */
#pragma once
#include <sqlite3.h>
#include <stddef.h>

/* SQLITE_TRANSIENT is a cast of -1 to a function pointer, which Swift's importer does not take: SQLite copies
 * what is bound, so no buffer of ours has to outlive the call. */
static inline int assay_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int length) {
    return length == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                       : sqlite3_bind_blob(statement, index, bytes, length, SQLITE_TRANSIENT);
}

static inline int assay_bind_text(sqlite3_stmt *statement, int index, const char *text, int length) {
    return sqlite3_bind_text(statement, index, text, length, SQLITE_TRANSIENT);
}

/* sqlite3_config is variadic. Without statistics of memory, which nobody asks for, an allocation takes no lock; Debian's
 * SQLite, made without lookaside, has about thirty for each certificate. Before the first connection; no effect after it. */
static inline int assay_configure(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

/* sqlite3_db_config is variadic. Defensive mode keeps SQL from corrupting the file; triggers and views, of which a
 * store has none, do not run if somebody put them into the file; double-quoted strings are an error. */
static inline int assay_harden(sqlite3 *connection) {
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK &&
           sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) == SQLITE_OK &&
           sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) == SQLITE_OK &&
           sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL) == SQLITE_OK &&
           sqlite3_db_config(connection, SQLITE_DBCONFIG_DQS_DML, 0, NULL) == SQLITE_OK &&
           sqlite3_db_config(connection, SQLITE_DBCONFIG_DQS_DDL, 0, NULL) == SQLITE_OK;
}

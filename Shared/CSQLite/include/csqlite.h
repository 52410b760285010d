/* SQLite as Swift sees it: sqlite3.h, and the few things that do not import or that SQLite offers
   to C only. */
#ifndef CSQLITE_H
#define CSQLITE_H

#include <sqlite3.h>

/* SQLITE_TRANSIENT is a cast macro, which Swift does not import. SQLite copies the bytes before
   these return. */
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const void *bytes,
                                    int byteCount) {
    return sqlite3_bind_text(statement, index, (const char *)bytes, byteCount, SQLITE_TRANSIENT);
}
static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes,
                                    int byteCount) {
    /* A null pointer, which an empty array may have, would bind NULL. */
    if (byteCount == 0) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob(statement, index, bytes, byteCount, SQLITE_TRANSIENT);
}

/* Refuses SQL that could corrupt the file, and functions called from a schema that somebody else
   wrote. Here because sqlite3_db_config is variadic. */
int csqlite_harden(sqlite3 *database);

/* Phrases of one query whose occurrences `term_counts` can report: 16 x 4 bits fill an integer. */
enum { CSQLITE_TERM_MAX = 16, CSQLITE_TERM_COUNT_MAX = 15 };

/* Adds the FTS5 auxiliary function `term_counts(table)`. For the current row of a full-text query
   it returns how often each phrase of the query occurs, 4 bits a phrase, the first phrase lowest;
   more than 15 count as 15. Scoring needs nothing else from the index, and FTS5's own bm25()
   spends most of its time on looking up row lengths and sorting rows that nobody will see. */
int csqlite_add_term_counts(sqlite3 *database);

#endif

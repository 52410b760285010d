#include "csqlite.h"

int csqlite_harden(sqlite3 *database) {
    int result = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    if (result != SQLITE_OK) return result;
    return sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
}

static unsigned occurrences(const Fts5ExtensionApi *api, Fts5Context *row, int phrase, int *error) {
    Fts5PhraseIter position;
    int column, offset;
    unsigned count = 0;
    *error = api->xPhraseFirst(row, phrase, &position, &column, &offset);
    if (*error != SQLITE_OK) return 0;
    while (column >= 0 && count < CSQLITE_TERM_COUNT_MAX) {
        count++;
        api->xPhraseNext(row, &position, &column, &offset);
    }
    return count;
}

static void term_counts(const Fts5ExtensionApi *api, Fts5Context *row, sqlite3_context *result,
                        int argumentCount, sqlite3_value **arguments) {
    (void)argumentCount;
    (void)arguments;
    int phraseCount = api->xPhraseCount(row), error = SQLITE_OK;
    if (phraseCount > CSQLITE_TERM_MAX) phraseCount = CSQLITE_TERM_MAX;
    sqlite3_uint64 packed = 0;
    for (int phrase = 0; phrase < phraseCount && error == SQLITE_OK; phrase++)
        packed |= (sqlite3_uint64)occurrences(api, row, phrase, &error) << (4 * phrase);
    if (error != SQLITE_OK) sqlite3_result_error_code(result, error);
    else sqlite3_result_int64(result, (sqlite3_int64)packed);
}

/* How SQLite hands out the interface of FTS5: through a pointer bound to a one-row query. */
static fts5_api *fts5(sqlite3 *database) {
    fts5_api *api = 0;
    sqlite3_stmt *statement = 0;
    if (sqlite3_prepare_v2(database, "SELECT fts5(?1)", -1, &statement, 0) == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", 0);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    return api;
}

int csqlite_add_term_counts(sqlite3 *database) {
    fts5_api *api = fts5(database);
    if (api == 0) return SQLITE_ERROR;
    return api->xCreateFunction(api, "term_counts", 0, term_counts, 0);
}

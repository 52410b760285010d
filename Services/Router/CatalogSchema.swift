internal import Storage

/// The catalog's tables, step by step.
enum CatalogSchema {
    static let migrations = [
        Migration(
            version: 1, name: "files and vector stores",
            script: """
                CREATE TABLE files(
                    id TEXT PRIMARY KEY, filename TEXT NOT NULL, purpose TEXT NOT NULL,
                    media_type TEXT, content BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
                CREATE TABLE vector_stores(
                    id TEXT PRIMARY KEY, name TEXT NOT NULL, metadata TEXT NOT NULL,
                    created_at INTEGER NOT NULL, last_active_at INTEGER NOT NULL) STRICT;
                CREATE TABLE batches(
                    id TEXT PRIMARY KEY, store_id TEXT NOT NULL,
                    created_at INTEGER NOT NULL) STRICT;
                CREATE TABLE attached_files(
                    file_id TEXT NOT NULL, store_id TEXT NOT NULL, batch_id TEXT,
                    status TEXT NOT NULL, failure TEXT, attributes TEXT NOT NULL,
                    created_at INTEGER NOT NULL, PRIMARY KEY(store_id, file_id)) STRICT;
                CREATE INDEX attached_files_by_file ON attached_files(file_id);
                CREATE INDEX attached_files_by_batch ON attached_files(batch_id);
                """),
        Migration(
            version: 2, name: "revisions",
            script: """
                CREATE TABLE revisions(
                    model BLOB NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
                    share REAL, failure TEXT, is_rollback_target INTEGER NOT NULL,
                    note TEXT NOT NULL, created_at INTEGER NOT NULL,
                    PRIMARY KEY(model, number)) STRICT;
                CREATE TABLE revision_layers(
                    model BLOB NOT NULL, number INTEGER NOT NULL, layer INTEGER NOT NULL,
                    experts BLOB NOT NULL, gate BLOB,
                    PRIMARY KEY(model, number, layer)) STRICT;
                CREATE TABLE revision_journal(
                    id INTEGER PRIMARY KEY, model BLOB NOT NULL, at INTEGER NOT NULL,
                    step TEXT NOT NULL, revision INTEGER NOT NULL, detail TEXT NOT NULL,
                    author TEXT NOT NULL, note TEXT NOT NULL) STRICT;
                CREATE INDEX revision_journal_by_model ON revision_journal(model, id);
                """),
        Migration(
            version: 3, name: "the order of files and vector stores",
            script: """
                ALTER TABLE files ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE vector_stores ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE attached_files ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
                """,
            sqliteScript: """
                UPDATE files SET place = rowid;
                UPDATE vector_stores SET place = rowid;
                UPDATE attached_files SET place = rowid;
                """),
        Migration(
            version: 4, name: "places are looked up",
            script: """
                CREATE UNIQUE INDEX files_by_place ON files(place);
                CREATE UNIQUE INDEX vector_stores_by_place ON vector_stores(place);
                CREATE UNIQUE INDEX attached_files_by_place ON attached_files(place);
                """),
        Migration(
            version: 5, name: "routers that share a catalog",
            script: """
                CREATE TABLE leaders(
                    model BLOB PRIMARY KEY, name TEXT NOT NULL, plan INTEGER NOT NULL) STRICT;
                CREATE TABLE planned_artifacts(
                    model BLOB NOT NULL, worker TEXT NOT NULL, digests BLOB NOT NULL,
                    PRIMARY KEY(model, worker)) STRICT;
                """),
    ]
}

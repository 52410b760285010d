internal import Storage

/// The tables. Released steps are never edited; a change is a new step.
///
/// A collection's full-text index is a table of its own, so that its term statistics are its own.
/// It stores no text (`content=''`): what it indexes is `passage.context` and `passage.text`.
enum Schema {
    static let steps = [
        Migration(
            version: 1, name: "documents, passages, vectors",
            script: """
                CREATE TABLE store(
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    sequence INTEGER NOT NULL,
                    embedder TEXT NOT NULL) STRICT;
                INSERT INTO store VALUES(1, 0, '');

                CREATE TABLE collection(
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    name TEXT NOT NULL UNIQUE) STRICT;

                CREATE TABLE document(
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    collection INTEGER NOT NULL REFERENCES collection ON DELETE CASCADE,
                    name TEXT NOT NULL,
                    title TEXT NOT NULL,
                    media_type TEXT NOT NULL,
                    attributes TEXT NOT NULL,
                    digest BLOB NOT NULL,
                    passage_count INTEGER NOT NULL,
                    sequence INTEGER NOT NULL,
                    stored_at INTEGER NOT NULL,
                    byte_count INTEGER NOT NULL,
                    content BLOB NOT NULL,
                    UNIQUE(collection, name)) STRICT;

                CREATE TABLE passage(
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
                    byte_start INTEGER NOT NULL,
                    byte_end INTEGER NOT NULL,
                    term_count INTEGER NOT NULL,
                    context TEXT NOT NULL,
                    text TEXT NOT NULL) STRICT;
                CREATE INDEX passage_of_document ON passage(document);

                CREATE TABLE vector(
                    passage INTEGER PRIMARY KEY REFERENCES passage ON DELETE CASCADE,
                    floats BLOB NOT NULL) STRICT;

                CREATE TABLE erasure(collection INTEGER PRIMARY KEY) STRICT;
                """)
    ]

    /// The full-text table of a collection.
    static func termTable(_ collection: Int64) -> String { "terms_\(collection)" }

    static func createTermTable(_ collection: Int64) -> String {
        """
        CREATE VIRTUAL TABLE \(termTable(collection)) USING fts5(
            text, content='', tokenize='porter unicode61 remove_diacritics 2')
        """
    }
}

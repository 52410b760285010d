internal import Checkpoint
internal import Storage

extension Catalog {
    /// Artifacts that only ended revisions of a model name: nobody can ask for them any more.
    ///
    /// What living revisions of any model name is not among them, for all models share a folder.
    /// - Parameter wanted: revisions that are needed, whatever their state.
    func abandonedArtifacts(
        of base: RevisionBase, besides wanted: [Int]
    ) throws -> Set<ArtifactDigest> {
        var ended: Set<ArtifactDigest> = []
        var needed = base.initial.digests
        try database.query(
            """
            SELECT l.experts, l.number, CASE WHEN l.model = ?1 THEN 1 ELSE 0 END,
                CASE WHEN r.state IN ('retired', 'failed') AND r.is_rollback_target = 0
                    THEN 1 ELSE 0 END
            FROM revision_layers l JOIN revisions r ON r.model = l.model AND r.number = l.number
            WHERE r.state NOT IN ('retired', 'failed') OR r.is_rollback_target = 1 OR l.model = ?1
                AND l.number > (SELECT MAX(number) FROM revisions WHERE model = ?1) - ?2
            """, [base.key, .integer(RevisionBook.endedCountMax)]
        ) { row throws(StorageError) in
            let artifacts = try Self.experts(try row.blob(0))
            let (number, isOurs, isEnded) = (try row.int(1), try row.int(2), try row.int(3))
            let isWanted = isOurs == 1 && wanted.contains(number)
            if isEnded == 1 && !isWanted {
                ended.formUnion(artifacts.map(\.digest))
            } else {
                needed.formUnion(artifacts.map(\.digest))
            }
        }
        return ended.subtracting(needed)
    }
}

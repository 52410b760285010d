internal import Checkpoint
internal import JSON
internal import Wire

/// What every expert of a revision has done, and who holds it; in the forms that people and
/// programs read.
struct ExpertTable: Sendable {
    /// The counters of one artifact, over all workers that hold it.
    struct Totals: Sendable {
        private(set) var rowCount = 0
        private(set) var weightMass = 0.0
        private(set) var computeNanoseconds = 0

        mutating func add(_ counter: ArtifactStatistics) {
            // Workers say these; what is beyond a counter's end stays there.
            rowCount = Self.sum(rowCount, counter.rowCount)
            weightMass += counter.weightMass
            computeNanoseconds = Self.sum(computeNanoseconds, counter.computeNanoseconds)
        }

        private static func sum(_ total: Int, _ more: Int) -> Int {
            let (sum, isOver) = total.addingReportingOverflow(more)
            return isOver ? .max : sum
        }
    }

    private struct Row {
        let expert: ExpertID
        let artifact: ExpertArtifact
        let workers: [String]
        let totals: Totals
    }

    private let revision: Int
    private let rows: [Row]

    init(_ revision: Revision, live: Placement, totals: [ArtifactDigest: Totals]) {
        self.revision = revision.number
        rows = revision.expertIDs.map { expert in
            let artifact = revision[expert]
            return Row(
                expert: expert, artifact: artifact,
                workers: live.workers(holding: artifact.digest).map(\.name).sorted(),
                totals: totals[artifact.digest, default: Totals()])
        }
    }

    var json: JSONValue {
        let layers = Dictionary(grouping: rows, by: \.expert.layer).sorted { $0.key < $1.key }
        return .members([
            ("revision", .integer(revision)),
            (
                "layers",
                .array(
                    layers.map { layer, rows in
                        .members([
                            ("layer", .integer(layer)), ("experts", .array(rows.map(json))),
                        ])
                    })
            ),
        ])
    }

    private func json(_ row: Row) -> JSONValue {
        .members([
            ("expert", .integer(row.expert.expert)),
            ("digest", .string("\(row.artifact.digest)")),
            ("byteCount", .integer(row.artifact.byteCount)),
            ("workers", .array(row.workers.map { .string($0) })),
            ("rowCount", .integer(row.totals.rowCount)),
            ("weightMass", .number(row.totals.weightMass)),
            ("computeNanoseconds", .integer(row.totals.computeNanoseconds)),
        ])
    }

    /// A header, then a line per expert. Workers are separated by spaces.
    var csv: String {
        let header =
            "revision,layer,expert,digest,bytes,replicas,workers,rows,weight_mass,"
            + "compute_nanoseconds\n"
        return rows.reduce(into: header) { text, row in
            text += "\(revision),\(row.expert.layer),\(row.expert.expert),\(row.artifact.digest),"
            text += "\(row.artifact.byteCount),\(row.workers.count),"
            text += "\(row.workers.joined(separator: " ")),\(row.totals.rowCount),"
            text += "\(row.totals.weightMass),\(row.totals.computeNanoseconds)\n"
        }
    }

    /// Text format 0.0.4. A scrape of its own, because there may be thousands of experts.
    var prometheus: String {
        family("expert_rows_total", "counter") { "\($0.totals.rowCount)" }
            + family("expert_weight_mass_total", "counter") { "\($0.totals.weightMass)" }
            + family("expert_compute_seconds_total", "counter") {
                "\(Double($0.totals.computeNanoseconds) / 1e9)"
            }
            + family("expert_replicas", "gauge") { "\($0.workers.count)" }
    }

    private func family(_ name: String, _ type: String, _ value: (Row) -> String) -> String {
        rows.reduce(into: "# TYPE \(name) \(type)\n") { text, row in
            let labels = "revision=\"\(revision)\",layer=\"\(row.expert.layer)\","
            text += "\(name){\(labels)expert=\"\(row.expert.expert)\"} \(value(row))\n"
        }
    }
}

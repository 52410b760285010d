extension Figure {
    /// Every figure, in the order of `docs/BENCHMARKS.md`. A new one: a file with its measurement,
    /// and a line here.
    static let all: [Figure] =
        [
            HopFigures.p50,
            HopFigures.p99,
            HopFigures.throughput64,
            SearchFigures.search100k,
            RetrievalFigures.squadNDCG10,
            ContainerFigures.rollFailedRequests,
        ] + LiveFigures.all
}

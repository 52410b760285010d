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
            EncoderFigures.rate,
            DemoFigures.f1Gold,
            DemoFigures.f1Retrieved,
            DemoFigures.citationCorrect,
            DemoFigures.refusalF1,
            LlamaFigures.decode,
            LlamaFigures.prefill,
            ContainerFigures.rollFailedRequests,
        ] + LiveFigures.all
}

import ArgumentParser

@main struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks",
        abstract: "Measures what the documentation claims, each figure against its baseline.",
        subcommands: [List.self, Run.self, HopServer.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Names every figure, with its aim.")

        func run() {
            for figure in Figure.all { print("\(figure.name)\t\(figure.aim) \(figure.unit)") }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measures figures; all of them without a name.")

        @Argument(help: "As `benchmarks list` prints them.") var names: [String] = []
        @Flag(help: "At most 30 seconds a figure.") var quick = false
        @Flag(help: "One JSON line a figure.") var json = false

        func run() async throws {
            let unknown = names.filter { name in !Figure.all.contains { $0.name == name } }
            guard unknown.isEmpty else {
                throw ValidationError("no such figure: \(unknown.joined(separator: ", "))")
            }
            for figure in Figure.all where names.isEmpty || names.contains(figure.name) {
                let result = await FigureResult(of: figure, isQuick: quick)
                print(json ? try result.json : result.text)
            }
        }
    }
}

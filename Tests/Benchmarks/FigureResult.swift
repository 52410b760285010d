import FoundationEssentials

/// One measured figure, as it is printed.
struct FigureResult: Encodable {
    let name: String
    let value: Double?
    let unit: String
    let baseline: Double?
    let aim: String
    let holds: Bool
    let command: String
    let notes: String

    init(of figure: Figure, isQuick: Bool) async {
        name = figure.name
        unit = figure.unit
        aim = "\(figure.aim)"
        command = "benchmarks run \(figure.name)\(isQuick ? " --quick" : "")"
        do {
            let measurement = try await figure.measure(isQuick)
            value = measurement.value
            baseline = measurement.baseline
            holds = figure.aim.holds(for: measurement.value)
            notes = measurement.notes
        } catch {
            value = nil
            baseline = nil
            holds = false
            notes = "not measured: \(error)"
        }
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var text: String {
        let number = value.map { "\($0.rounded(toDigits: 3))" } ?? "-"
        return "\(holds ? "ok  " : "MISS") \(name) = \(number) \(unit) (aim \(aim))\n     \(notes)"
    }

    private enum CodingKeys: CodingKey {
        case name, value, unit, baseline, aim, holds, command, notes
    }

    /// Absent numbers are written as null, so that every line has the same keys.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(value, forKey: .value)
        try container.encode(unit, forKey: .unit)
        try container.encode(baseline, forKey: .baseline)
        try container.encode(aim, forKey: .aim)
        try container.encode(holds, forKey: .holds)
        try container.encode(command, forKey: .command)
        try container.encode(notes, forKey: .notes)
    }
}

extension Double {
    func rounded(toDigits count: Int) -> Double {
        var scale = 1.0
        for _ in 0..<count { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}

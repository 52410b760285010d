/// An expert could not be reached in time. Nothing is answered without it.
struct ExpertLoss: Error, CustomStringConvertible {
    let model: String
    let layer: Int
    let experts: [Int]
    /// Rows of the step that need it.
    let rows: Set<Int>
    let reason: String
    /// Someone holds it; only the time was too short.
    let isHeld: Bool

    var description: String {
        let names = experts.map(String.init).joined(separator: ", ")
        return "expert \(names) of layer \(layer) of \(model) could not be reached: \(reason); "
            + "start an expert-worker that has its artifact, or wait and try again"
    }
}

/// The model that this router serves: its name, its revision, and the artifact of each expert.
struct ServedModel: Sendable {
    struct ExpertArtifact: Sendable {
        /// SHA-256 of the artifact.
        let digest: [UInt8]
        let byteCount: Int
    }

    let name: String
    let revision: Int
    let experts: [ExpertID: ExpertArtifact]
}

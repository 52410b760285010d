public import Checkpoint
internal import JSON
internal import LinearAlgebra

extension ModelConfiguration {
    /// `config.json` where the directory has one, else the metadata of its GGUF trunk.
    ///
    /// An overlay has both: the base's file says how its rows lie, `config.json` what the model is.
    public init(directory: CheckpointDirectory) throws(ModelError) {
        guard let json = try Self.json(directory) else {
            guard let gguf = directory.gguf else {
                throw .missing(key: "config.json", file: directory.path)
            }
            self = try ModelConfiguration(gguf: gguf)
            return
        }
        self = try ModelConfiguration(
            json: json, file: directory.path + "/config.json", pairing: try Self.pairing(directory))
    }

    private static func json(_ directory: CheckpointDirectory) throws(ModelError) -> JSONValue? {
        do {
            guard let bytes = try directory.text("config.json") else { return nil }
            return try JSONValue(parsing: bytes, path: directory.path + "/config.json")
        } catch {
            throw .checkpoint(error)
        }
    }

    private static func pairing(_ directory: CheckpointDirectory) throws(ModelError)
        -> RotaryPairing
    {
        guard let gguf = directory.gguf else { return .halves }
        let name = gguf.metadata["general.architecture"]?.string ?? "(none)"
        guard let architecture = Architecture.all.first(where: { $0.ggufName == name }) else {
            throw .unsupported(feature: "general.architecture \(name)", file: gguf.table.path)
        }
        return architecture.ggufPairing
    }
}

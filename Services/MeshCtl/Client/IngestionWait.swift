internal import JSON

/// Waits until the mesh has read a document, and tells a store that is slow from one that is gone.
struct IngestionWait {
    enum Outcome: Equatable {
        case completed
        case failed(String)
    }

    let frontDoor: MeshClient
    let collection: String
    let document: Document
    /// A document of the largest size is embedded within this, on one slow core.
    var limit = Duration.seconds(600)
    /// Then it is said that we wait, and the store is asked whether it lives.
    var patience = Duration.seconds(15)
    /// One search may fail because the store has much to do.
    private static let silenceCountMax = 2

    /// - Parameter attached: the document in its collection, as it was when it was put there.
    func outcome(_ attached: JSONValue) async throws -> Outcome {
        let path = "/v1/vector_stores/\(collection)/files/\(attached["id"]?.string ?? "")"
        if let outcome = Self.outcome(of: attached) { return outcome }
        let began = ContinuousClock.now
        var until = began
        var silence: [MeshCtlError] = []
        while until < began + limit {
            until = min(until + patience, began + limit)
            let outcome = try await Polling.until(until) {
                Self.outcome(of: try await frontDoor.get(path))
            }
            if let outcome { return outcome }
            let waited = ContinuousClock.now - began
            Terminal.endProgress()
            Terminal.say("\(document.path): not ingested after \(waited.components.seconds) s")
            silence = try await storeError().map { silence + [$0] } ?? []
            if silence.count == Self.silenceCountMax {
                throw MeshCtlError.storeSilent(path: document.path, reason: "\(silence[0])")
            }
            until = ContinuousClock.now
        }
        return .failed("not done after \(limit)")
    }

    /// Nil while it is under way.
    private static func outcome(of file: JSONValue) -> Outcome? {
        switch file["status"]?.string {
        case "completed": .completed
        case "in_progress": nil
        default: .failed(file["last_error"]?["message"]?.string ?? "\(file)")
        }
    }

    /// A search needs the knowledge-store, as the ingestion does, and no more than that.
    private func storeError() async throws -> MeshCtlError? {
        do {
            _ = try await frontDoor.post(
                "/v1/vector_stores/\(collection)/search",
                ["query": "sign of life", "max_num_results": 1])
            return nil
        } catch let error as MeshCtlError {
            return error
        }
    }
}

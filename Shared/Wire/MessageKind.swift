/// Which message a body holds. A number, once given, is for ever.
public enum MessageKind: UInt8, Sendable, CaseIterable {
    case hello = 1
    case ping = 2
    case fault = 3

    // 16 to 21 are retired: experts named by layer and number.
    case workerStatus = 22
    case workerStatusReply = 23
    case expertDispatch = 24
    case expertCombine = 25
    case holdArtifacts = 26
    case holdArtifactsReply = 27
    case fetchArtifact = 28
    case fetchArtifactReply = 29

    case upsertDocument = 48
    case upsertDocumentReply = 49
    case deleteDocument = 50
    case deleteDocumentReply = 51
    case dropCollection = 52
    case dropCollectionReply = 53
    case listDocuments = 54
    case listDocumentsReply = 55
    case search = 56
    case searchReply = 57
    case embed = 58
    case embedReply = 59
    case fetchSource = 60
    case fetchSourceReply = 61

    case health = 112
    case healthReply = 113
    case drain = 114
    case drainReply = 115
}

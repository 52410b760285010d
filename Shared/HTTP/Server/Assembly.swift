internal import NIOCore
internal import NIOHTTP1

/// One request in the making: head, body so far. It decides; `RequestAssembler` acts.
struct Assembly {
    /// Looks at a head before its body is read: the body's limit, or a refusal.
    typealias Admission = @Sendable (HTTPRequestHead, RequestTarget) throws(Refusal) -> Int

    private let admit: Admission
    private let budget: BodyBudget
    private var partial: (head: HTTPRequestHead, target: RequestTarget, bodyMax: Int)?
    private var body: [UInt8] = []

    /// Reserved in the budget, for the body that is arriving and for those being answered.
    private var heldByteCount = 0

    init(budget: BodyBudget, admit: @escaping Admission) {
        self.budget = budget
        self.admit = admit
    }

    var isReadingBody: Bool { partial != nil }

    /// Returns whether the client waits for `100 Continue` before it sends the body.
    mutating func begin(_ head: HTTPRequestHead) throws(Refusal) -> Bool {
        try HeadRules.check(head)
        let framing = try HeadRules.framing(of: head)
        guard let target = RequestTarget(head.uri) else {
            throw Refusal(status: 400, message: "the query holds a malformed escape")
        }
        let bodyMax = try admit(head, target)
        if case .length(let length) = framing, length > bodyMax { throw Self.tooLarge(bodyMax) }
        partial = (head, target, bodyMax)
        return head.headers.contains(name: "expect") && framing != .none
    }

    mutating func append(_ bytes: ByteBuffer) throws(Refusal) {
        guard let partial else { return }
        guard body.count + bytes.readableBytes <= partial.bodyMax else {
            throw Self.tooLarge(partial.bodyMax)
        }
        guard budget.reserve(bytes.readableBytes) else {
            throw Refusal(
                status: 503, message: "too many bytes are being uploaded", code: "overloaded")
        }
        heldByteCount += bytes.readableBytes
        body.append(contentsOf: bytes.readableBytesView)
    }

    /// To be called when every request has been answered, or the connection is gone.
    mutating func release() {
        budget.release(heldByteCount)
        heldByteCount = 0
    }

    /// The whole request, and room for the next one.
    mutating func finish() -> (request: IncomingRequest, isKeepAlive: Bool)? {
        guard let (head, target, _) = partial else { return nil }
        defer {
            partial = nil
            body = []
        }
        let request = IncomingRequest(
            method: head.method.rawValue, path: target.path, query: target.query, body: body,
            id: IncomingRequest.makeID(), headers: head.headers)
        return (request, head.isKeepAlive)
    }

    private static func tooLarge(_ max: Int) -> Refusal {
        Refusal(status: 413, message: "the body exceeds \(max) bytes", code: "body_too_large")
    }
}

/// Identifiers that nobody can guess and nobody else has drawn.
public enum RandomIdentifier {
    /// Lower-case hexadecimal digits from the system's random generator.
    public static func hex(byteCount: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        return String(
            (0..<byteCount * 2).map { _ in digits[Int.random(in: 0..<16, using: &generator)] })
    }
}

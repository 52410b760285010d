internal import Logging
internal import Metrics
internal import NIOHTTP1

/// From request to response: admission at the head, the route's handler at the end of the body,
/// errors in one shape, and the record of it.
struct Dispatcher: Sendable {
    let limits: ServerLimits
    let keys: APIKeys?
    let browsers: BrowserRules
    let routes: @Sendable () -> RouteTable
    let logger: Logger

    /// Decides on the head alone, so that nobody uploads a body in vain. Returns the body's limit.
    func admit(_ head: HTTPRequestHead, _ target: RequestTarget) throws(Refusal) -> Int {
        try browsers.check(head)
        if let keys, !keys.admit(head.headers.first(name: "authorization")) {
            throw Refusal(
                status: 401, message: "a valid API key is needed: Authorization: Bearer KEY",
                code: "invalid_api_key")
        }
        let (route, _) = try routes().route(method: head.method.rawValue, path: target.path)
        return route.bodyByteCountMax ?? limits.bodyByteCountMax
    }

    func respond(to request: inout IncomingRequest) async -> OutgoingResponse {
        do {
            let (route, parameters) = try routes().route(method: request.method, path: request.path)
            request.route = route.pattern
            request.parameters = parameters
            return try await route.handler(request)
        } catch {
            return failure(error)
        }
    }

    /// How an error is answered: in full when it is meant for clients, without details when it is
    /// not.
    func failure(_ error: any Error) -> OutgoingResponse {
        switch error {
        case let error as any AnswerableError:
            let response = error.response
            // Ours, and not for clients to know the whole of.
            if response.status == 500 { log(error) }
            return response
        case let refusal as Refusal: return refusal.response
        case is CancellationError:
            // Nobody is left to read it; the status is for the record.
            return ErrorBody(message: "the request was cancelled", type: "server_error").response(
                status: 499)
        default:
            log(error)
            return ErrorBody(message: "an internal error; see the log", type: "server_error")
                .response(status: 500)
        }
    }

    private func log(_ error: any Error) {
        logger.error("a handler failed", metadata: ["error": "\(error)"])
    }

    func record(_ request: IncomingRequest, status: Int, since start: ContinuousClock.Instant) {
        let elapsed = start.duration(to: .now)
        Counter(
            label: "http_requests", dimensions: [("route", request.route), ("status", "\(status)")]
        ).increment()
        Timer(label: "http_request_duration", dimensions: [("route", request.route)]).record(
            duration: elapsed)
        logger.debug(
            "answered",
            metadata: [
                "request": "\(request.id)", "method": "\(request.method)",
                "path": "\(request.path)",
                "status": "\(status)", "duration": "\(elapsed)",
            ])
    }

    func record(_ refusal: Refusal, of id: String) {
        Counter(label: "http_refusals", dimensions: [("status", "\(refusal.status)")]).increment()
        logger.debug(
            "refused",
            metadata: [
                "request": "\(id)", "status": "\(refusal.status)", "reason": "\(refusal.message)",
            ])
    }
}

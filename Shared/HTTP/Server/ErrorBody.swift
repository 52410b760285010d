internal import JSON

/// The shape in which every error leaves: `{"error": {"message", "type", "param", "code"}}`.
struct ErrorBody: Sendable, Equatable {
    var message: String
    /// `invalid_request_error`, `authentication_error`, `not_found_error`, `rate_limit_error`,
    /// `server_error` …
    var type: String
    /// The offending field, as a path: `messages[0].content`.
    var param: String?
    /// A stable word for programs: `unknown_parameter`, `model_not_found` …
    var code: String?

    init(message: String, type: String, param: String? = nil, code: String? = nil) {
        (self.message, self.type, self.param, self.code) = (message, type, param, code)
    }

    var json: JSONValue {
        [
            "error": [
                "message": .string(message), "type": .string(type),
                "param": .optional(param), "code": .optional(code),
            ]
        ]
    }

    func response(status: Int, headers: [(name: String, value: String)] = []) -> OutgoingResponse {
        .json(json, status: status, headers: headers)
    }
}

internal import JSON

/// The query of a request, taken item by item like the fields of a body.
public struct QueryItems {
    private var items: [String: String] = [:]

    /// - Throws: when an item is given twice.
    public init(_ request: IncomingRequest) throws(FrontDoorError) {
        for item in request.query {
            guard items.updateValue(item.value, forKey: item.name) == nil else {
                throw .invalidValue(item.name, "is given twice")
            }
        }
    }

    /// The value of an item; nil when it is absent.
    public mutating func take(_ name: String) -> String? { items.removeValue(forKey: name) }

    mutating func page() throws(FrontDoorError) -> PageRequest {
        var page = PageRequest()
        if let text = take("limit") {
            guard let limit = Int(text), (1...100).contains(limit) else {
                throw .outOfRange("limit", text, "from 1 to 100")
            }
            page.limit = limit
        }
        if let text = take("order") {
            guard let order = PageRequest.Order(rawValue: text) else {
                throw .unsupported("order", .string(text), only: ["asc", "desc"])
            }
            page.order = order
        }
        page.after = take("after")
        return page
    }

    mutating func status() throws(FrontDoorError) -> IngestionStatus? {
        guard let text = take("filter") else { return nil }
        guard let status = IngestionStatus(rawValue: text) else {
            throw .unsupported(
                "filter", .string(text), only: IngestionStatus.allCases.map { .string($0.rawValue) }
            )
        }
        return status
    }

    /// - Throws: an item that nobody took.
    public func end() throws(FrontDoorError) {
        guard let name = items.keys.min() else { return }
        throw .invalid(
            message: "unknown parameter: '\(name)'", param: name, code: "unknown_parameter")
    }
}

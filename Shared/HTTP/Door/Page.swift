/// Which part of a list a client wants.
public struct PageRequest: Sendable, Equatable {
    /// Oldest or newest first.
    public enum Order: String, Sendable, CaseIterable {
        case ascending = "asc"
        case descending = "desc"
    }

    /// 1…100.
    public var limit: Int
    /// By time of creation.
    public var order: Order
    /// Only what follows the item with this identifier, in `order`.
    public var after: String?

    public init(limit: Int = 20, order: Order = .descending, after: String? = nil) {
        (self.limit, self.order, self.after) = (limit, order, after)
    }
}

/// Part of a list, and whether there is more.
public struct Page<Item: Sendable>: Sendable {
    public let items: [Item]
    public let hasMore: Bool

    public init(items: [Item], hasMore: Bool) {
        (self.items, self.hasMore) = (items, hasMore)
    }

    /// The same page of what the items become.
    public func map<Other>(_ transform: (Item) -> Other) -> Page<Other> {
        Page<Other>(items: items.map(transform), hasMore: hasMore)
    }
}

extension Page: Equatable where Item: Equatable {}

/// Where each passage stands in the index, by its id. Ids only ever grow, so they lie close
/// together: pages of neighbours are several times faster than hashing each id, and the rows of a
/// full-text query come in order of ids.
struct SlotTable: Sendable {
    private static let pageBits: Int64 = 8
    private static let absent: Int32 = -1

    private struct Page: Sendable {
        var slots = [Int32](repeating: SlotTable.absent, count: 1 << SlotTable.pageBits)
        var count = 0
    }

    private var pages: [Int64: Page] = [:]

    subscript(id: Int64) -> Int? {
        get {
            guard let page = pages[id >> Self.pageBits] else { return nil }
            return Self.slot(of: id, in: page)
        }
        set { set(id, newValue.map(Int32.init) ?? Self.absent) }
    }

    private mutating func set(_ id: Int64, _ slot: Int32) {
        let number = id >> Self.pageBits
        var page = pages.removeValue(forKey: number) ?? Page()
        let position = Self.position(of: id)
        page.count += (slot == Self.absent ? 0 : 1) - (page.slots[position] == Self.absent ? 0 : 1)
        page.slots[position] = slot
        if page.count > 0 { pages[number] = page }
    }

    private static func position(of id: Int64) -> Int { Int(id & (1 << pageBits - 1)) }

    private static func slot(of id: Int64, in page: Page) -> Int? {
        let slot = page.slots[position(of: id)]
        return slot == absent ? nil : Int(slot)
    }

    /// Looks up ids that come in order, and so mostly lie on the page of the one before.
    struct Reader {
        let table: SlotTable
        private var number: Int64 = -1
        private var page: Page?

        init(_ table: SlotTable) { self.table = table }

        mutating func slot(of id: Int64) -> Int? {
            let number = id >> SlotTable.pageBits
            if number != self.number {
                self.number = number
                page = table.pages[number]
            }
            return page.flatMap { SlotTable.slot(of: id, in: $0) }
        }
    }
}

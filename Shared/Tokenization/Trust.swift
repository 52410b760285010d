/// Which bytes of a text are trusted: they may spell special tokens.
enum Trust: Sendable {
    case all
    case nothing
    /// These ranges, in order, without touching each other.
    case ranges([Range<Int>])

    func covers(_ range: Range<Int>) -> Bool {
        switch self {
        case .all: true
        case .nothing: false
        case .ranges(let ranges): Self.cover(ranges, range)
        }
    }

    private static func cover(_ ranges: [Range<Int>], _ range: Range<Int>) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < range.upperBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < ranges.count && ranges[low].lowerBound <= range.lowerBound
    }
}

/// A moment as a chat template writes it, in UTC.
struct TemplateDate: Sendable {
    private let year: Int
    private let month: Int  // from 1
    private let day: Int
    private let weekday: Int  // from Sunday
    private let second: Int  // of the day

    /// From seconds since 1970. The calendar arithmetic is Howard Hinnant's `civil_from_days`: the
    /// year begins in March, so that the leap day is its last.
    init(secondsSince1970 seconds: Int64) {
        let seconds = min(max(seconds, 0), 253_402_300_799)  // the end of the year 9999
        let days = Int(seconds / 86_400)
        second = Int(seconds % 86_400)
        weekday = (days + 4) % 7
        let shifted = days + 719_468  // days since 1 March of the year 0
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
    private static let weekdays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]

    /// `strftime` in the C locale; a directive that is unknown stays as it is.
    func formatted(_ format: String) -> String {
        var result = ""
        var scalars = format.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "%", let directive = scalars.next() else {
                result.unicodeScalars.append(scalar)
                continue
            }
            result += field(directive) ?? "%\(directive)"
        }
        return result
    }

    private func field(_ directive: Unicode.Scalar) -> String? {
        switch directive {
        case "Y": String(year)
        case "y": Self.two(year % 100)
        case "m": Self.two(month)
        case "d": Self.two(day)
        case "e": day < 10 ? " \(day)" : String(day)
        case "B": Self.months[month - 1]
        case "b": String(Self.months[month - 1].prefix(3))
        case "A": Self.weekdays[weekday]
        case "a": String(Self.weekdays[weekday].prefix(3))
        case "H": Self.two(second / 3600)
        case "I": Self.two((second / 3600 + 11) % 12 + 1)
        case "p": second < 43_200 ? "AM" : "PM"
        case "M": Self.two(second / 60 % 60)
        case "S": Self.two(second % 60)
        case "%": "%"
        default: nil
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}

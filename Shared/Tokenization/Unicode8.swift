/// Categories as in Unicode 8, whose tables the reference library of BERT tokenizers has.
///
/// What was assigned later is an ordinary character there; a few older ones changed their category
/// since. With these the answers are the same for every character.
extension Unicode.Scalar {
    var isInUnicode8: Bool { (properties.age?.major ?? .max) <= 8 }

    var isUnicode8Punctuation: Bool {
        switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation:
            isInUnicode8
        default: self == "\u{166D}" || self == "\u{111C9}"
        }
    }

    var isUnicode8NonspacingMark: Bool {
        switch self {
        case "\u{1734}", "\u{1171E}": true
        case "\u{1885}", "\u{1886}", "\u{A9BD}", "\u{111C9}": false
        default: properties.generalCategory == .nonspacingMark && isInUnicode8
        }
    }
}

/// What the text of a template is made of.
struct TemplateToken: Equatable {
    enum Kind: Equatable {
        /// Text between tags, as it is printed.
        case text(String)
        case outputStart, outputEnd
        case blockStart, blockEnd
        case name(String)
        case string(String)
        case integer(Int)
        case float(Double)
        /// An operator or a bracket.
        case symbol(String)
        case end
    }

    let kind: Kind
    let line: Int
}

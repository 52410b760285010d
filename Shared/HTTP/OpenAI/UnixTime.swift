internal import FoundationEssentials

/// The clock on the wall, as OpenAI's objects tell it.
public enum UnixTime {
    /// Whole seconds since 1970.
    public static var now: Int { Int(Date().timeIntervalSince1970) }
}

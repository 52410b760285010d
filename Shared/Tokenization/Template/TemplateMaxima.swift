/// What a chat template may at most do. Templates come with model files and are hostile.
public enum TemplateMaxima {
    /// Bytes of a template. The longest in use have 30 KB.
    public static let sourceByteCountMax = 1 << 18
    /// Nesting of statements, expressions and macro calls together: they recurse on the stack.
    /// Templates in use nest 15 deep; a stack of 512 KB holds twice this many in a debug build.
    public static let depthMax = 32
    /// Nesting of lists and dictionaries.
    public static let valueDepthMax = 64
    /// Expressions evaluated and list elements made; a thousand turns need about 60,000.
    public static let stepCountMax = 1 << 19
    /// Bytes of text written by all operations of one rendering together.
    public static let textByteCountMax = 64 << 20
    /// Bytes of the rendered prompt.
    public static let outputByteCountMax = 16 << 20
}

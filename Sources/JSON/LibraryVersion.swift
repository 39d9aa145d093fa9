import CJansson

/// The jansson that is loaded.
public enum LibraryVersion {
    /// Such as `2.14`.
    public static var text: String { jansson_version_str().map { String(cString: $0) } ?? "" }
}

import CSQLite

/// The SQLite that is loaded.
public enum LibraryVersion {
    /// Such as `3.40.1`.
    public static var text: String { sqlite3_libversion().map { String(cString: $0) } ?? "" }
}

internal import CBuild

/// The commit that this program was built from.
public enum BuildCommit {
    /// In lower-case hexadecimal, with `-modified` after it where files differed from it; nil where the build did not say.
    public static var current: String? { assay_build_commit().map { String(cString: $0) } }
}

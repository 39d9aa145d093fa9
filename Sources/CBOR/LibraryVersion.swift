import CCBOR

/// The libcbor that the program was built with; the library itself does not say.
public enum LibraryVersion {
    /// Such as `0.8.0`.
    public static var text: String { "\(CBOR_MAJOR_VERSION).\(CBOR_MINOR_VERSION).\(CBOR_PATCH_VERSION)" }
}

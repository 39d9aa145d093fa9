public import CBOR

/// Why bytes are not a COSE_Sign1 that Assay accepts.
public enum COSEError: Error, Equatable, Sendable {
    case cbor(CBORError)
    /// What RFC 9052 forbids, or what this reader does not take, with the offset in the bytes given.
    case structure(offset: Int, String)

    /// Lower case, with the offset.
    public var message: String {
        switch self {
        case .cbor(let error): error.message
        case .structure(let offset, let text): "\(text) at offset \(offset)"
        }
    }
}

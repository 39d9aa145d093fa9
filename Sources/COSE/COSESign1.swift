import CBOR

/// A COSE_Sign1 as received, nothing of it verified.
///
/// ```
/// COSE_Sign1 = #6.18([ protected: bstr .cbor header_map / h'', unprotected: header_map,
///                      payload: bstr / nil, signature: bstr ])              RFC 9052 §4.2
/// ```
/// Read strictly: definite lengths, shortest forms, no duplicate label, no label in both maps, nothing after.
public struct COSESign1: Sendable {
    /// Whether the outer tag 18 may be missing (RFC 9052 §2).
    public enum TagRule: Sendable {
        case required
        case optional
    }

    /// The bytes as received.
    public let bytes: [UInt8]
    /// The content of the protected bstr, as received: this is what is signed.
    public let protected: Range<Int>
    /// `alg` of the *protected* header (label 1); an `alg` in the unprotected header says nothing.
    public let algorithm: Int64?
    /// Set instead of `algorithm` when `alg` is there as text, which no algorithm Assay knows is.
    public let hasTextAlgorithm: Bool
    /// The content of `kid` (label 4), from whichever header carries it.
    public let keyID: Range<Int>?
    /// `nil` for a payload of nil.
    public let payload: Range<Int>?
    public let signature: Range<Int>

    /// Decodes; throws ``COSEError`` with the place for anything that is not read strictly.
    public init(_ bytes: [UInt8], tag: TagRule = .required) throws(COSEError) {
        var reader = CBORReader(bytes)
        let tagged = try cose { () throws(CBORError) in try reader.readTagIfPresent(18) }
        guard tagged || tag == .optional else {
            throw .structure(offset: 0, "expected tag 18 (COSE_Sign1)")
        }
        let start = reader.offset
        let count = try cose { () throws(CBORError) in try reader.readArrayHeader() }
        guard count == 4 else {
            throw .structure(offset: start, "expected an array of 4 elements, found \(count)")
        }
        let protected = try cose { () throws(CBORError) in try reader.readByteString() }
        var headers = HeaderReader(bytes: bytes)
        try headers.readProtected(protected)
        try headers.readUnprotected(&reader)
        var payload: Range<Int>?
        if reader.isNextNull() {
            try cose { () throws(CBORError) in try reader.readNull() }
        } else {
            payload = try cose { () throws(CBORError) in try reader.readByteString() }
        }
        signature = try cose { () throws(CBORError) in try reader.readByteString() }
        try cose { () throws(CBORError) in try reader.expectEnd() }
        self.bytes = bytes
        self.protected = protected
        self.payload = payload
        algorithm = headers.algorithm
        hasTextAlgorithm = headers.hasTextAlgorithm
        keyID = headers.keyID
    }
}

/// Runs a step of the CBOR reader, turning its error into this module's.
func cose<Value>(_ step: () throws(CBORError) -> Value) throws(COSEError) -> Value {
    do {
        return try step()
    } catch {
        throw .cbor(error)
    }
}

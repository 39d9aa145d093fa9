import CBOR

/// What a COSE_Sign1 signature covers (RFC 9052 §4.4).
///
/// ```
/// Sig_structure = [ context: "Signature1", body_protected: bstr, external_aad: bstr, payload: bstr ]
/// ```
public enum SigStructure {
    /// The payload slot: bytes, or the nil that the modems put there for `%ATTESTTOKEN` (which RFC 9052 does not
    /// provide for).
    public enum Payload: Sendable {
        case bytes(ArraySlice<UInt8>)
        case null
    }

    /// The deterministic encoding (RFC 8949 §4.2.1), ready to be hashed.
    public static func encode(
        protected: ArraySlice<UInt8>, externalAAD: ArraySlice<UInt8>, payload: Payload
    ) -> [UInt8] {
        var length = 0
        if case .bytes(let content) = payload { length = content.count }
        var writer = CBORWriter(reservingCapacity: protected.count + externalAAD.count + length + 32)
        writer.arrayHeader(4)
        writer.textString("Signature1")
        writer.byteString(protected)
        writer.byteString(externalAAD)
        switch payload {
        case .bytes(let content): writer.byteString(content)
        case .null: writer.null()
        }
        return writer.bytes
    }
}

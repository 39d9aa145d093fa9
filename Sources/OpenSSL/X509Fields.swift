import COpenSSL

/// The DER of a libcrypto structure; empty if it cannot be encoded.
func encoded(
    _ structure: OpaquePointer?,
    _ encode: (OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
) -> [UInt8] {
    let length = encode(structure, nil)
    guard structure != nil, length > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
        var cursor = buffer.baseAddress
        count = Int(max(0, encode(structure, &cursor)))
    }
}

/// Reads single fields out of an `X509 *` as values.
enum X509Fields {
    static func validity(_ certificate: OpaquePointer) -> (notBefore: Int64, notAfter: Int64)? {
        guard let notBefore = seconds(X509_get0_notBefore(certificate)),
            let notAfter = seconds(X509_get0_notAfter(certificate))
        else { return nil }
        return (notBefore, notAfter)
    }

    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var result: Int64 = 0
        return assay_time_seconds(time, &result) == 1 ? result : nil
    }

    static func text(_ name: OpaquePointer?) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        guard let name, assay_print_name(bio, name) >= 0 else { return "" }
        return contents(bio)
    }

    static func serial(_ certificate: OpaquePointer) -> String {
        guard let number = X509_get0_serialNumber(certificate) else { return "" }
        let digits = octets(number) ?? []
        let sign = number.pointee.type == V_ASN1_NEG_INTEGER ? "-" : ""
        return sign + digits.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func octets(_ string: UnsafePointer<ASN1_STRING>?) -> [UInt8]? {
        guard let string, let data = ASN1_STRING_get0_data(string) else { return nil }
        return Array(UnsafeBufferPointer(start: data, count: Int(max(0, ASN1_STRING_length(string)))))
    }

    static func objectName(_ nid: Int32) -> String {
        guard nid != NID_undef, let name = OBJ_nid2ln(nid) else { return "unknown" }
        return String(cString: name)
    }

    /// RFC 5280 section 4.2.1.3; libcrypto keeps bit 8 in its second octet.
    static func keyUsage(_ certificate: OpaquePointer) -> [String]? {
        guard X509_get_extension_flags(certificate) & UInt32(EXFLAG_KUSAGE) != 0 else { return nil }
        let bits = X509_get_key_usage(certificate)
        let names: [(Int32, String)] = [
            (KU_DIGITAL_SIGNATURE, "digitalSignature"), (KU_NON_REPUDIATION, "nonRepudiation"),
            (KU_KEY_ENCIPHERMENT, "keyEncipherment"), (KU_DATA_ENCIPHERMENT, "dataEncipherment"),
            (KU_KEY_AGREEMENT, "keyAgreement"), (KU_KEY_CERT_SIGN, "keyCertSign"), (KU_CRL_SIGN, "cRLSign"),
            (KU_ENCIPHER_ONLY, "encipherOnly"), (KU_DECIPHER_ONLY, "decipherOnly"),
        ]
        return names.compactMap { bits & UInt32($0.0) != 0 ? $0.1 : nil }
    }

    static func purposes(_ certificate: OpaquePointer) -> [String]? {
        guard let list = X509_get_ext_d2i(certificate, NID_ext_key_usage, nil, nil) else { return nil }
        let purposes = OpaquePointer(list)
        defer { EXTENDED_KEY_USAGE_free(purposes) }
        return (0..<max(0, assay_purposes_count(purposes))).map { index in
            var buffer = [CChar](repeating: 0, count: 128)
            let length = OBJ_obj2txt(&buffer, 128, assay_purpose(purposes, index), 1)
            return String(
                decoding: buffer.prefix(Int(min(max(0, length), 127))).map { UInt8(bitPattern: $0) },
                as: UTF8.self)
        }
    }

    static func alternativeNames(_ certificate: OpaquePointer) -> [String] {
        guard let list = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(list)
        defer { GENERAL_NAMES_free(names) }
        return (0..<max(0, assay_general_names_count(names))).map { index in
            guard let bio = BIO_new(BIO_s_mem()) else { return "" }
            defer { BIO_free(bio) }
            guard GENERAL_NAME_print(bio, assay_general_name(names, index)) == 1 else { return "" }
            return contents(bio)
        }
    }

    private static func contents(_ bio: OpaquePointer) -> String {
        var data: UnsafeMutablePointer<CChar>?
        let length = assay_bio_memory(bio, &data)
        guard let data, length > 0 else { return "" }
        return data.withMemoryRebound(to: UInt8.self, capacity: length) {
            String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
        }
    }
}

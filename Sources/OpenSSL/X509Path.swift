import COpenSSL
public import Diagnostics

/// What a chain's leaf is to be used for.
public enum CertificatePurpose: String, Sendable, CaseIterable {
    /// TLS client authentication.
    case client
    /// TLS server authentication.
    case server
    /// Issuing certificates.
    case ca
    /// Nothing in particular: key purposes are not judged.
    case any
}

/// A name that the leaf has to have among its subject alternative names; the subject's commonName never counts.
public enum ExpectedName: Sendable, Hashable {
    /// A host name; a wildcard in the certificate stands for one whole leftmost label.
    case host(String)
    /// An IPv4 or IPv6 address in text form.
    case address(String)
    /// A mailbox.
    case mailbox(String)
}

/// A certificate in which paths may end.
///
/// Its store holds it alone, is filled in `init` and only read afterwards, which libcrypto allows from several threads.
public final class X509Anchor: @unchecked Sendable {
    public let certificate: X509Certificate
    private let store: OpaquePointer

    public init(_ certificate: X509Certificate) throws(OpenSSLError) {
        guard let store = X509_STORE_new() else { throw OpenSSLError("making a certificate store") }
        guard X509_STORE_add_cert(store, certificate.pointer) == 1 else {
            X509_STORE_free(store)
            throw OpenSSLError("adding a trust anchor")
        }
        assay_follow_path(store)
        self.certificate = certificate
        self.store = store
    }

    deinit { X509_STORE_free(store) }

    /// Verifies one path to this anchor with libcrypto: signatures, CA and path length constraints, names and the
    /// constraints on them, certificate policies, purposes, unknown critical extensions. Dates and revocation are not
    /// judged here, and no other path is looked for.
    ///
    /// - Parameters:
    ///   - path: the leaf first, without the anchor; empty where the anchor itself is asked about.
    ///   - time: Seconds since 1970; it decides whether SHA-1 still stood.
    /// - Returns: libcrypto's reason with the position in the path (0 is the leaf) and the subject there; nil if there
    ///   is none.
    public func objection(
        to path: [X509Certificate], at time: Int64, purpose: CertificatePurpose, name: ExpectedName?
    ) -> CheckFailure? {
        defer { clearErrorQueue() }
        let leaf = path.first ?? certificate
        guard let untrusted = assay_certificates_new(), let context = X509_STORE_CTX_new() else {
            return CheckFailure(.internalFault, "libcrypto cannot prepare a verification")
        }
        defer {
            X509_STORE_CTX_free(context)
            assay_certificates_free(untrusted)
        }
        for certificate in path.dropFirst()
        where assay_certificates_add(untrusted, certificate.pointer) != 1 {
            return CheckFailure(.internalFault, "libcrypto cannot prepare a verification")
        }
        guard X509_STORE_CTX_init(context, store, leaf.pointer, untrusted) == 1,
            Self.configure(context, time, purpose, name, path.count)
        else { return CheckFailure(.chain, "the name to match or the time is malformed") }
        guard X509_verify_cert(context) == 1 else { return Self.failure(context) }
        // Nothing but the path that was asked about may have been verified.
        let verified = X509_STORE_CTX_get0_chain(context)
        guard let verified, assay_certificates_count(verified) == Int32(clamping: path.count + 1) else {
            return CheckFailure(.internalFault, "libcrypto verified another path")
        }
        for (index, certificate) in (path + [certificate]).enumerated()
        where assay_certificate(verified, Int32(clamping: index)) != certificate.pointer {
            return CheckFailure(.internalFault, "libcrypto verified another path")
        }
        return nil
    }

    private static func configure(
        _ context: OpaquePointer, _ time: Int64, _ purpose: CertificatePurpose, _ name: ExpectedName?,
        _ depth: Int
    ) -> Bool {
        guard let parameters = X509_STORE_CTX_get0_param(context) else { return false }
        // Not X509_STRICT, which asks of a path what RFC 5280 asks of a CA when it issues. Dates are judged by the
        // caller: for libcrypto the last second of validity is over.
        let flags =
            UInt(X509_V_FLAG_PARTIAL_CHAIN) | UInt(X509_V_FLAG_POLICY_CHECK) | UInt(X509_V_FLAG_NO_CHECK_TIME)
        // Level 1 demands 80 bits: RSA from 1024 and no SHA-1; level 0 for times at which SHA-1 still stood.
        X509_VERIFY_PARAM_set_auth_level(parameters, time < X509Certificate.endOfSHA1 ? 0 : 1)
        X509_VERIFY_PARAM_set_depth(parameters, Int32(clamping: depth))
        // The initial policy set; without one, libcrypto takes the empty one.
        guard let anyPolicy = OBJ_nid2obj(NID_any_policy),
            X509_VERIFY_PARAM_add0_policy(parameters, anyPolicy) == 1,
            X509_VERIFY_PARAM_set_flags(parameters, flags) == 1,
            X509_VERIFY_PARAM_set_purpose(parameters, purpose.identifier) == 1
        else { return false }
        // The subject's commonName is not a place for host names (RFC 9525 section 2).
        X509_VERIFY_PARAM_set_hostflags(
            parameters,
            UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS) | UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        switch name {
        case nil: return true
        // An empty name would be taken as «no name».
        case .host(let host):
            return !host.isEmpty && X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count) == 1
        case .address(let address): return X509_VERIFY_PARAM_set1_ip_asc(parameters, address) == 1
        case .mailbox(let mailbox):
            return !mailbox.isEmpty
                && X509_VERIFY_PARAM_set1_email(parameters, mailbox, mailbox.utf8.count) == 1
        }
    }

    private static func failure(_ context: OpaquePointer) -> CheckFailure {
        let error = X509_STORE_CTX_get_error(context)
        let depth = X509_STORE_CTX_get_error_depth(context)
        let reason =
            switch error {
            case X509_V_ERR_UNSPECIFIED:
                "names, constraints on names or a key that libcrypto cannot process"
            case X509_V_ERR_OUT_OF_MEM: "more than libcrypto processes, of certificate policies for example"
            case X509_V_ERR_NO_EXPLICIT_POLICY:
                "no certificate policy holds for the whole chain, and one is demanded"
            default: X509_verify_cert_error_string(Int(error)).map { String(cString: $0) } ?? "error \(error)"
            }
        // Of policies no single certificate is at fault.
        guard let certificate = X509_STORE_CTX_get_current_cert(context) else {
            return CheckFailure(.chain, reason)
        }
        let subject = X509Fields.text(X509_get_subject_name(certificate))
        return CheckFailure(.chain, "\(reason) (certificate \(depth), \(subject))")
    }
}

extension CertificatePurpose {
    /// libcrypto's number for the purpose.
    fileprivate var identifier: Int32 {
        switch self {
        case .client: X509_PURPOSE_SSL_CLIENT
        case .server: X509_PURPOSE_SSL_SERVER
        case .ca, .any: X509_PURPOSE_ANY
        }
    }

    /// The key purpose that restricting certificates have to name (RFC 5280 section 4.2.1.12).
    public var keyPurpose: String? {
        switch self {
        case .client: "1.3.6.1.5.5.7.3.2"
        case .server: "1.3.6.1.5.5.7.3.1"
        case .ca, .any: nil
        }
    }
}

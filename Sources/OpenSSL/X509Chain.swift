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

/// A chain that was verified, from the leaf to the trust anchor. Only ``CertificateChainVerifier`` can make one.
public struct VerifiedChain: Sendable {
    /// The leaf first, the trust anchor last; a leaf that is itself an anchor stands alone.
    public let certificates: [X509Certificate]
    /// The certificate that was asked about.
    public let leaf: X509Certificate
    /// The trust anchor in which the chain ends.
    public let anchor: X509Certificate
    /// What is sound but no longer strong: RSA keys below 2048 bits and SHA-1 signatures, one sentence each. The
    /// anchor's own signature does not count.
    public let weaknesses: [String]

    init(checked certificates: [X509Certificate], _ leaf: X509Certificate, _ anchor: X509Certificate) {
        self.certificates = certificates
        self.leaf = leaf
        self.anchor = anchor
        weaknesses = certificates.enumerated().flatMap { depth, certificate in
            let place = "(certificate \(depth), \(certificate.subject))"
            var found: [String] = []
            if case .rsa(let bits) = try? certificate.publicKey().kind, bits < 2048 {
                found.append("RSA key of \(bits) bits \(place)")
            }
            if depth < certificates.count - 1, certificate.signatureStrength < 80 {
                found.append("signature with \(certificate.signatureAlgorithm) over a weak hash \(place)")
            }
            return found
        }
    }
}

/// Verifies chains to given trust anchors (RFC 5280 section 6) with libcrypto in strict mode and a few checks of
/// our own (``X509Certificate/unfitness(as:at:for:)``).
///
/// A trust anchor is any CA certificate that the caller names, self-signed or not. Its own dates, key usage and
/// key purposes count like those of the others: a CA that forgets to renew its root notices here first.
///
/// The store is filled in `init` and only read afterwards, which libcrypto allows from several threads.
public final class CertificateChainVerifier: @unchecked Sendable {
    /// The most intermediates between leaf and anchor unless the caller says otherwise.
    public static let defaultMaximumDepth = 10

    /// The first second of 2017, the year of the first SHA-1 collision: a chain that is verified as of an earlier
    /// time may hold SHA-1 signatures, later none.
    static let endOfSHA1: Int64 = 1_483_228_800

    private let store: OpaquePointer
    private let hasRevocationLists: Bool

    /// A verifier that trusts `anchors` and nothing else.
    ///
    /// With `revocationLists`, the leaf must be covered by one of them; intermediates are checked against them
    /// where their issuer's list is among them.
    public init(anchors: [X509Certificate], revocationLists: [X509RevocationList] = []) throws(OpenSSLError) {
        guard let store = X509_STORE_new() else { throw OpenSSLError("making a certificate store") }
        for anchor in anchors where X509_STORE_add_cert(store, anchor.pointer) != 1 {
            X509_STORE_free(store)
            throw OpenSSLError("adding a trust anchor")
        }
        for list in revocationLists where X509_STORE_add_crl(store, list.pointer) != 1 {
            X509_STORE_free(store)
            throw OpenSSLError("adding a revocation list")
        }
        self.store = store
        hasRevocationLists = !revocationLists.isEmpty
    }

    deinit { X509_STORE_free(store) }

    /// Builds and verifies a chain from `leaf` over any of `intermediates`, which are not trusted, to an anchor.
    ///
    /// - Parameters:
    ///   - time: Seconds since 1970; every certificate of the chain has to be valid then, which libcrypto denies
    ///     for the very second of notAfter.
    ///   - maximumDepth: The most intermediates between leaf and anchor.
    /// - Returns: The chain, or the first failure: `validity`, `revoked` or `chain`, with libcrypto's reason, the
    ///   position in the chain (0 is the leaf) and the subject there.
    public func verify(
        _ leaf: X509Certificate, intermediates: [X509Certificate] = [], at time: Int64,
        purpose: CertificatePurpose, name: ExpectedName? = nil, maximumDepth: Int = defaultMaximumDepth
    ) -> Result<VerifiedChain, CheckFailure> {
        defer { clearErrorQueue() }
        guard let untrusted = assay_certificates_new(), let context = X509_STORE_CTX_new() else {
            return .failure(CheckFailure(.internalFault, "libcrypto cannot prepare a verification"))
        }
        defer {
            X509_STORE_CTX_free(context)
            assay_certificates_free(untrusted)
        }
        for certificate in intermediates where assay_certificates_add(untrusted, certificate.pointer) != 1 {
            return .failure(CheckFailure(.internalFault, "libcrypto cannot prepare a verification"))
        }
        guard X509_STORE_CTX_init(context, store, leaf.pointer, untrusted) == 1,
            configure(context, time, purpose, name, maximumDepth)
        else { return .failure(CheckFailure(.chain, "the name to match or the time is malformed")) }
        guard X509_verify_cert(context) == 1 else { return .failure(failure(context)) }
        return chain(of: context, at: time, purpose)
    }

    private func configure(
        _ context: OpaquePointer, _ time: Int64, _ purpose: CertificatePurpose, _ name: ExpectedName?,
        _ depth: Int
    ) -> Bool {
        guard let parameters = X509_STORE_CTX_get0_param(context), let seconds = time_t(exactly: time) else {
            return false
        }
        var flags = UInt(X509_V_FLAG_X509_STRICT) | UInt(X509_V_FLAG_PARTIAL_CHAIN)
        if hasRevocationLists {
            flags |= UInt(X509_V_FLAG_CRL_CHECK) | UInt(X509_V_FLAG_CRL_CHECK_ALL)
        }
        assay_set_verify_callback(context)
        // Level 1 demands 80 bits: RSA from 1024 and no SHA-1. Keys below 112 bits show in `weaknesses`. Level 0
        // for times at which SHA-1 still stood; `unfitness` demands the rest.
        X509_VERIFY_PARAM_set_auth_level(parameters, time < Self.endOfSHA1 ? 0 : 1)
        X509_VERIFY_PARAM_set_time(parameters, seconds)
        X509_VERIFY_PARAM_set_depth(parameters, Int32(clamping: max(0, depth)))
        guard X509_VERIFY_PARAM_set_flags(parameters, flags) == 1,
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

    private func failure(_ context: OpaquePointer) -> CheckFailure {
        let error = X509_STORE_CTX_get_error(context)
        let depth = X509_STORE_CTX_get_error_depth(context)
        let code: ErrorCode
        switch error {
        case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: code = .validity
        case X509_V_ERR_CERT_REVOKED: code = .revoked
        default: code = .chain
        }
        let reason = X509_verify_cert_error_string(Int(error)).map { String(cString: $0) } ?? "error \(error)"
        let subject = X509_STORE_CTX_get_current_cert(context).map {
            X509Fields.text(X509_get_subject_name($0))
        }
        return CheckFailure(code, "\(reason) (certificate \(depth), \(subject ?? "none"))")
    }

    /// The chain that libcrypto built, if our own checks agree.
    private func chain(
        of context: OpaquePointer, at time: Int64, _ purpose: CertificatePurpose
    ) -> Result<VerifiedChain, CheckFailure> {
        guard let list = X509_STORE_CTX_get0_chain(context) else {
            return .failure(CheckFailure(.internalFault, "libcrypto gave no chain"))
        }
        var certificates: [X509Certificate] = []
        for index in 0..<max(0, assay_certificates_count(list)) {
            guard let pointer = assay_certificate(list, index),
                let certificate = try? X509Certificate(retaining: pointer)
            else { return .failure(CheckFailure(.internalFault, "libcrypto gave an unreadable chain")) }
            certificates.append(certificate)
        }
        guard let leaf = certificates.first, let anchor = certificates.last else {
            return .failure(CheckFailure(.internalFault, "libcrypto gave an empty chain"))
        }
        for (depth, certificate) in certificates.enumerated() {
            let place: ChainPlace =
                depth == certificates.count - 1 ? .anchor : depth == 0 ? .leaf : .intermediate
            do throws(OpenSSLError) {
                _ = try certificate.publicKey()
            } catch {
                return .failure(
                    CheckFailure(
                        .csrKey, "\(error.message) (certificate \(depth), \(certificate.subject))"))
            }
            if let reason = certificate.unfitness(as: place, at: time, for: purpose) {
                return .failure(
                    CheckFailure(.chain, "\(reason) (certificate \(depth), \(certificate.subject))"))
            }
        }
        if purpose == .ca, !leaf.mayIssue {
            return .failure(CheckFailure(.chain, "not a CA certificate (certificate 0, \(leaf.subject))"))
        }
        return .success(VerifiedChain(checked: certificates, leaf, anchor))
    }
}

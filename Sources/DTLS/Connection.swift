import COpenSSLTLS
import OpenSSL

/// One side of a DTLS association. Owns one `SSL *`.
///
/// Libssl's error queue belongs to the thread, and it judges a call by what stands there: each call begins and ends with
/// an empty one.
final class Connection {
    /// How far a handshake is.
    enum Progress: Equatable {
        case waiting
        case finished
        case failed(String)
    }

    /// How reading ended.
    enum Reading: Equatable {
        /// There is no more for now.
        case drained
        case closed
        case failed(String)
    }

    /// What a ClientHello led to.
    enum Listening {
        /// Nothing, or a request for the cookie.
        case stateless
        /// It held the right cookie: this connection is the peer's from now on.
        case accepted
        /// This connection is of no use any more.
        case broken
    }

    let exchange: DatagramExchange
    private let ssl: OpaquePointer

    init(_ context: OpaquePointer, over exchange: DatagramExchange) throws(OpenSSLError) {
        ERR_clear_error()
        guard let method = DatagramMethod.shared.pointer,
            let ssl = assay_dtls_new(context, method, exchange.pointer)
        else { throw OpenSSLError("making a DTLS connection") }
        self.exchange = exchange
        self.ssl = ssl
    }

    deinit {
        ERR_clear_error()
        // A session that is left without a word stays good for resumption; one that failed libssl has struck out itself.
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        SSL_free(ssl)
        ERR_clear_error()
    }

    // MARK: Handshakes

    func setServer() { SSL_set_accept_state(ssl) }

    /// - Parameter name: for SNI and the certificate.
    func setClient(of name: DTLSServerName, resuming session: DTLSClientSession?) throws(OpenSSLError) {
        SSL_set_connect_state(ssl)
        let parameters = SSL_get0_param(ssl)
        // A common name is no host name (RFC 6125 section 6.4.4).
        X509_VERIFY_PARAM_set_hostflags(
            parameters, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        let isSet =
            switch name {
            case .host(let host):
                assay_dtls_set_server_name(ssl, host) == 1
                    && X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count) == 1
            case .address(let address): X509_VERIFY_PARAM_set1_ip_asc(parameters, address) == 1
            }
        guard isSet else { throw OpenSSLError("setting the name of a DTLS server") }
        if let session, SSL_set_session(ssl, session.pointer) != 1 {
            throw OpenSSLError("resuming a DTLS session")
        }
    }

    /// Judges the datagram in the exchange as one of an unknown peer.
    func listen() -> Listening {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let address = BIO_ADDR_new() else { return .broken }
        defer { BIO_ADDR_free(address) }
        let result = DTLSv1_listen(ssl, address)
        return result > 0 ? .accepted : result == 0 ? .stateless : .broken
    }

    /// Goes on with the handshake, with the datagram in the exchange if there is one.
    func handshake() -> Progress {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 { return .finished }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            ERR_clear_error()
            return .waiting
        default: return .failed(reason())
        }
    }

    /// Nanoseconds until ``handleTimeout()`` has something to do; nil if nothing is under way.
    var timeout: UInt64? {
        let microseconds = assay_dtls_timeout(ssl)
        return microseconds < 0 ? nil : UInt64(microseconds) &* 1000
    }

    /// Sends the last flight again, if it is time to; false if that has been tried often enough.
    func handleTimeout() -> Bool {
        ERR_clear_error()
        defer { ERR_clear_error() }
        return assay_dtls_handle_timeout(ssl) >= 0
    }

    /// Whether a handshake has come so far that records under its new keys are read and not kept.
    var readsSealed: Bool { assay_dtls_reads_sealed(ssl) == 1 }

    var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    /// The suite agreed upon as OpenSSL calls it.
    var suite: String? {
        guard let cipher = SSL_get_current_cipher(ssl), let name = SSL_CIPHER_get_name(cipher) else {
            return nil
        }
        return String(cString: name)
    }

    /// What a later handshake may resume.
    var session: DTLSClientSession? {
        guard let session = SSL_get1_session(ssl) else { return nil }
        guard SSL_SESSION_is_resumable(session) == 1 else {
            SSL_SESSION_free(session)
            return nil
        }
        return DTLSClientSession(owning: session)
    }

    // MARK: Messages

    /// Everything that is there, in the exchange and in libssl.
    func read(_ message: ([UInt8]) -> Void) -> Reading {
        while true {
            ERR_clear_error()
            var result: Int32 = 0
            let bytes = exchange.reading { room, count in
                result = SSL_read(ssl, room, count)
                return result
            }
            if let bytes {
                message(bytes)
                continue
            }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
                ERR_clear_error()
                return .drained
            case SSL_ERROR_ZERO_RETURN:
                ERR_clear_error()
                return .closed
            default: return .failed(reason())
            }
        }
    }

    /// One message, one record; false if it could not be sent.
    func write(_ message: [UInt8]) -> Bool {
        // Of length 0 libssl would send nothing and say that it failed.
        guard !message.isEmpty else { return false }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard SSL_alloc_buffers(ssl) == 1 else { return false }
        return SSL_write(ssl, message, Int32(clamping: message.count)) == Int32(clamping: message.count)
    }

    /// Tells the peer that this is the end.
    func shutDown() {
        ERR_clear_error()
        if SSL_is_init_finished(ssl) == 1, SSL_alloc_buffers(ssl) == 1 { SSL_shutdown(ssl) }
        ERR_clear_error()
    }

    /// Gives back the 34 kB in which libssl reads and writes records, if nothing is in them; reading and ``write(_:)`` take
    /// new ones.
    func releaseBuffers() { SSL_free_buffers(ssl) }

    /// Why the last call failed; empties the queue.
    private func reason() -> String {
        let verdict = SSL_get_verify_result(ssl)
        if verdict != X509_V_OK, let text = X509_verify_cert_error_string(verdict) {
            ERR_clear_error()
            return String(cString: text)
        }
        return OpenSSLError("").reasons.last
            ?? "the connection broke"
    }
}

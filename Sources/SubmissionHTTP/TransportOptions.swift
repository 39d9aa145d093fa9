import Diagnostics
import NIOSSL

/// How a service is reached.
package struct TransportOptions: Sendable {
    /// The API key: goes into one header and nowhere else.
    package var key: String
    /// Certificates in PEM that may vouch for the service; `nil` for the system's.
    package var roots: [UInt8]?
    /// The value of `HTTPS_PROXY`, where the service is not one that `NO_PROXY` names.
    package var proxy: String?
    /// Connections at once.
    package var connections: Int
    /// Seconds that an answer may take.
    package var answerLimit: Int64
    /// What the service is told of its caller.
    package var userAgent: String

    package init(
        key: String, roots: [UInt8]?, proxy: String?, connections: Int, answerLimit: Int64, userAgent: String
    ) {
        self.key = key
        self.roots = roots
        self.proxy = proxy
        self.connections = connections
        self.answerLimit = answerLimit
        self.userAgent = userAgent
    }

    func tls() throws(ToolError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        guard let roots else { return configuration }
        do {
            let certificates = try NIOSSLCertificate.fromPEMBytes(roots)
            guard !certificates.isEmpty else {
                throw ToolError(.pem, "expected certificates of the service's root CA, found none")
            }
            configuration.trustRoots = .certificates(certificates)
            return configuration
        } catch let error as ToolError {
            throw error
        } catch {
            throw ToolError(
                .pem, "expected certificates of the service's root CA in PEM, found none that can be read")
        }
    }
}

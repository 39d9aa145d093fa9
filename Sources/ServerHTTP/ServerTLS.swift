package import Diagnostics
import NIOSSL
import OpenSSL
package import ServerSupport
import Synchronization

/// The TLS of a server: the certificate that new connections are shown, which can be replaced while it serves.
package final class ServerTLS: Sendable {
    private let context: Mutex<NIOSSLContext>

    /// - Throws: ``ToolError`` with `pem` where the library does not take the certificate or its key.
    package init(_ material: TLSMaterial) throws(ToolError) {
        context = Mutex(try Self.context(material))
    }

    /// Shows another certificate from now on; connections that are open keep theirs.
    ///
    /// - Throws: ``ToolError`` with `pem`; then all is as it was.
    package func replace(by material: TLSMaterial) throws(ToolError) {
        let new = try Self.context(material)
        context.withLock { $0 = new }
    }

    /// For one connection.
    var handler: NIOSSLServerHandler { NIOSSLServerHandler(context: context.withLock { $0 }) }

    private static func context(_ material: TLSMaterial) throws(ToolError) -> NIOSSLContext {
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try material.chain.map {
                    .certificate(try NIOSSLCertificate(bytes: $0, format: .der))
                },
                privateKey: .privateKey(
                    try NIOSSLPrivateKey(bytes: try material.key.pemUnencrypted(), format: .pem)))
            // Modems have nothing newer.
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSMaterial.refusal("the certificate and key cannot be used: \(error)")
        }
    }
}

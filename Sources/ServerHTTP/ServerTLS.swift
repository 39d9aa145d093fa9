package import Diagnostics
import NIOSSL
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
        do { return try NIOSSLContext(configuration: material.configuration) } catch {
            throw TLSMaterial.refusal("the certificate and key cannot be used: \(error)")
        }
    }
}

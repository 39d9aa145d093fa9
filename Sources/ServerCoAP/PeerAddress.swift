import NIOCore
import OpenSSL

/// The address of a peer as octets, which the DTLS engine takes for a name.
enum PeerAddress {
    /// nil for one that cannot be answered: port 0 is nobody's, and the system refuses to send there.
    static func octets(_ address: SocketAddress) -> [UInt8]? {
        guard let host = address.ipAddress, let port = address.port, port > 0 else { return nil }
        return Array("\(port) \(host)".utf8)
    }

    static func address(_ octets: [UInt8]) -> SocketAddress? {
        let parts = String(decoding: octets, as: UTF8.self).split(separator: " ")
        guard parts.count == 2, let port = Int(parts[0]) else { return nil }
        return try? SocketAddress(ipAddress: String(parts[1]), port: port)
    }

    /// What one party has as a rule: an address of IPv4, 64 bits of one of IPv6.
    static func network(_ octets: [UInt8]) -> [UInt8] {
        let host = host(octets)
        guard let address = IPAddress.octets(host), address.count == 16 else { return Array(host.utf8) }
        // An address of IPv4 at a socket for both (RFC 4291 section 2.5.5.2).
        let isMapped = address.prefix(10).allSatisfy { $0 == 0 } && address[10...11] == [255, 255]
        return isMapped ? address : Array(address.prefix(8))
    }

    /// Without the port.
    static func host(_ octets: [UInt8]) -> String {
        String(decoding: octets.drop { $0 != UInt8(ascii: " ") }.dropFirst(), as: UTF8.self)
    }
}

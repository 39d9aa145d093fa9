package import Diagnostics
package import PKIX

/// Where the serial numbers of certificates come from: a source of randomness and a clock.
package struct SerialNumbers: Sendable {
    /// Octets of each number that nobody can guess.
    private static let randomLength = 16

    private let random: @Sendable (_ count: Int) throws(ToolError) -> [UInt8]
    private let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - random: that many octets of a cryptographic generator.
    ///   - clock: seconds since 1970.
    package init(
        random: @escaping @Sendable (_ count: Int) throws(ToolError) -> [UInt8],
        clock: @escaping @Sendable () -> Int64
    ) {
        self.random = random
        self.clock = clock
    }

    /// A number that was never given out before.
    package func next() throws(ToolError) -> CertificateSerial {
        guard let serial = CertificateSerial(random: try random(Self.randomLength), at: clock()) else {
            throw ToolError(.internalFault, "the random generator gave too little for a serial number")
        }
        return serial
    }
}

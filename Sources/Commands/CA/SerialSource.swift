import Diagnostics
import InputOutput
import OpenSSL
import PKIX

/// Serial numbers for the ledger: 128 bits from OpenSSL's generator behind a part that rises with time. One per worker.
///
/// Octets are drawn for many numbers at once: each call of the generator asks the kernel whether the process forked.
struct SerialSource {
    private static let randomLength = 16
    private static let count = 64

    private var octets: ArraySlice<UInt8> = []

    /// A number that was never given out before.
    mutating func next() throws(ToolError) -> CertificateSerial {
        if octets.count < Self.randomLength {
            do {
                octets = try RandomBytes.make(Self.randomLength * Self.count)[...]
            } catch {
                throw ToolError(.internalFault, error.message)
            }
        }
        let random = octets.prefix(Self.randomLength)
        octets = octets.dropFirst(Self.randomLength)
        guard let serial = CertificateSerial(random: random, at: System.now()) else {
            throw ToolError(.internalFault, "the random generator gave too little for a serial number")
        }
        return serial
    }
}

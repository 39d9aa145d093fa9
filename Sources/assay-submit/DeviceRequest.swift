import Attestation
import DeviceIdentity
import Diagnostics

/// What a device answered to a command that wants a CSR, as `ca issue` reads it. Its signatures are not verified here: whoever
/// issues a certificate for it verifies them.
struct DeviceRequest {
    /// One line, without white space around it.
    let line: [UInt8]

    /// - Parameter text: what the service gives out; nil where it gives out nothing.
    init(_ text: String?, of device: DeviceUUID) throws(CheckFailure) {
        guard let text else {
            throw CheckFailure(.serviceContract, "expected the CSR of the device, found none")
        }
        let line = Array(Array(text.utf8).trimmed)
        let token: AttestationToken
        do {
            token = try AttestationToken(line[...])
        } catch {
            throw CheckFailure(.serviceContract, "expected the CSR of the device: \(error.message)")
        }
        guard case .certificationRequest = token.content else {
            throw CheckFailure(
                .serviceContract, "expected the CSR of the device, found another answer of a modem")
        }
        guard token.deviceUUID == device else {
            throw CheckFailure(
                .serviceContract, "expected the CSR of device \(device), found one of \(token.deviceUUID)")
        }
        self.line = line
    }
}

extension [UInt8] {
    /// Without white space at its ends.
    fileprivate var trimmed: ArraySlice<UInt8> {
        func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || 0x09...0x0d ~= octet }
        var rest = self[...]
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}

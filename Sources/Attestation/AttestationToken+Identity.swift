public import DeviceIdentity
public import Diagnostics
import PKIX

extension AttestationToken {
    /// Where the UUIDs of the message, of the CSR's common name where that is a UUID, and of the row do not agree:
    /// `uuid-mismatch`. Says nothing about signatures.
    ///
    /// - Parameter expected: the device that the row or the caller says the token is of.
    public func uuidMismatches(expecting expected: DeviceUUID?) -> [CheckFailure] {
        var failures: [CheckFailure] = []
        if case .certificationRequest(_, let request) = content, let name = request.subject.commonName,
            let named = try? DeviceUUID(text: name), named != deviceUUID
        {
            failures.append(
                .init(.uuidMismatch, "the CSR is for device \(named), the token is of \(deviceUUID)"))
        }
        if let expected, expected != deviceUUID {
            failures.append(
                .init(.uuidMismatch, "expected device \(expected), the token is of \(deviceUUID)"))
        }
        return failures
    }
}

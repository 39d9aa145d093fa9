package import DeviceIdentity
import OpenSSL

/// One row of a body: a device that is to be claimed, or onboarded.
package struct ClaimItem: Sendable {
    /// What the service calls the device.
    package let name: String
    /// Of a claim.
    package let device: DeviceUUID?
    /// The text of the token: a credential.
    package let token: [UInt8]
    /// The row of the body that the service takes, with its line end.
    package let line: [UInt8]

    package init(device: DeviceUUID, token: [UInt8], line: [UInt8]) {
        name = device.description
        self.device = device
        self.token = token
        self.line = line
        key = device.bytes
    }

    /// A row that onboards a device.
    package init(onboarding name: String, line: [UInt8]) {
        self.name = name
        device = nil
        token = []
        self.line = line
        key = Digest.sha256(line)
    }

    /// What the journal files it under: a device is claimed once, and onboarded once with one credential.
    package let key: [UInt8]
}

/// What became of a row.
package enum ClaimOutcome: Sendable, Equatable {
    case claimed
    /// It was claimed before: by an earlier run, or otherwise for the team.
    case existing
    /// The service said no.
    case refused(String)
    /// It was not sent, or the service did not take it, and a rerun will send it.
    case notSent(String)
    /// It may have been claimed.
    case unknown(String)
}

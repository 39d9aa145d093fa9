import Claims
import DeviceIdentity
import Diagnostics
import OpenSSL
import PKIX

extension OnboardingRow {
    /// The row of a certificate, if the service's rules and the certificate itself allow it. The device id is the
    /// common name, because a device cannot connect under another one.
    ///
    /// - Parameters:
    ///   - der: one certificate.
    ///   - device: the UUID of the device that the certificate's source says it is for.
    /// - Throws: ``CheckFailure`` for the first rule that is broken.
    init(
        certificate der: [UInt8], expecting device: String?, subType: String = "", tags: [String] = [],
        firmwareTypes: [FirmwareType] = []
    ) throws(CheckFailure) {
        let certificate = try X509Certificate.read(der: der).get()
        guard P256PublicKey(spki: certificate.spki[...]) != nil else {
            throw CheckFailure(.csrKey, "expected a certificate of a P-256 key, found another key")
        }
        guard certificate.signatureAlgorithm == "ecdsa-with-SHA256" else {
            throw CheckFailure(
                .algorithm,
                "expected a certificate signed with ecdsa-with-SHA256, found "
                    + certificate.signatureAlgorithm)
        }
        guard let name = (try? DistinguishedName(der: certificate.subjectDER))?.commonName else {
            throw CheckFailure(.csrSubject, "expected a subject with a common name, which is the device id")
        }
        if let device, let named = try? DeviceUUID(text: name), named.description != device {
            throw CheckFailure(
                .uuidMismatch, "the certificate is for device \(named), its source says \(device)")
        }
        try self.init(
            deviceID: name, subType: subType, tags: tags, firmwareTypes: firmwareTypes, pem: certificate.pem)
    }
}

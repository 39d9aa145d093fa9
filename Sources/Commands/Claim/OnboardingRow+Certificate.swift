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
        try self.init(
            der, name: (try? DistinguishedName(der: certificate.subjectDER))?.commonName,
            isP256: P256PublicKey(spki: certificate.spki[...]) != nil,
            algorithm: certificate.signatureAlgorithm, expecting: device, subType: subType, tags: tags,
            firmwareTypes: firmwareTypes)
    }

    /// The same for a certificate that this program issued, of which less has to be read: the whole of libcrypto's
    /// reading costs more than issuing.
    init(issued der: [UInt8], device: DeviceUUID?) throws(CheckFailure) {
        let certificate: ParsedCertificate
        do {
            certificate = try ParsedCertificate(der: der)
        } catch {
            throw error.checkFailure
        }
        let isRight = certificate.signatureAlgorithm.meaning == .supported(.ecdsa(.sha256))
        try self.init(
            der, name: certificate.subject.commonName, isP256: certificate.publicKey.p256 != nil,
            algorithm: isRight ? Self.algorithm : "another algorithm", expecting: device?.description)
    }

    /// The device id of a certificate with this common name and kind of key, whether it is signed already or not.
    ///
    /// - Throws: ``CheckFailure`` for the first rule that is broken.
    static func deviceID(
        _ name: String?, isP256: Bool, expecting device: String?
    ) throws(CheckFailure) -> String {
        guard isP256 else {
            throw CheckFailure(.csrKey, "expected a certificate of a P-256 key, found another key")
        }
        guard let name else {
            throw CheckFailure(.csrSubject, "expected a subject with a common name, which is the device id")
        }
        if let device, let named = try? DeviceUUID(text: name), named.description != device {
            throw CheckFailure(
                .uuidMismatch, "the certificate is for device \(named), its source says \(device)")
        }
        try checkDeviceID(name)
        return name
    }

    private static let algorithm = "ecdsa-with-SHA256"

    private init(
        _ der: [UInt8], name: String?, isP256: Bool, algorithm: String, expecting device: String?,
        subType: String = "", tags: [String] = [], firmwareTypes: [FirmwareType] = []
    ) throws(CheckFailure) {
        let name = try Self.deviceID(name, isP256: isP256, expecting: device)
        guard algorithm == Self.algorithm else {
            throw CheckFailure(
                .algorithm, "expected a certificate signed with \(Self.algorithm), found \(algorithm)")
        }
        try self.init(
            deviceID: name, subType: subType, tags: tags, firmwareTypes: firmwareTypes,
            pem: PEMWriter.encode(label: "CERTIFICATE", der: der))
    }
}

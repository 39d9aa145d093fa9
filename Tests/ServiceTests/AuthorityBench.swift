import Attestation
import CertificateAuthority
import DeviceIdentity
import Foundation
import OpenSSL
import PKIX
import Store
import TestFleet

/// A CA in a folder, as `ca init` makes it.
struct AuthorityBench {
    let path: String

    /// - Parameter passphrase: encrypts its key.
    init(in folder: WorkFolder, passphrase: String? = nil) throws {
        path = folder.path("ca")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let key = try PrivateKey.generate(.p256)
        let random = try RandomBytes.make(16)
        guard let serial = CertificateSerial(random: random) else { throw TestDeviceFault() }
        let certificate = try AuthorityCertificate.root(
            AuthorityRequest(
                subject: try DistinguishedName(text: "CN=Harbour CA"), lifetime: .days(3650), pathLength: 0,
                serial: serial), key: key, at: ServiceBench.start)
        let id = try FileID.random()
        _ = try SQLiteStore(path: path + "/ledger.db", access: .create, as: .ledger(id))
        let document = #"{"schema":"assay.ca-folder/1","ledger":"ledger.db","ledgerId":"\#(id)"}"#
        try folder.write(document, to: "ca/ca.json")
        let pem =
            try passphrase.map { try key.pemEncrypted(passphrase: Array($0.utf8)) } ?? key.pemUnencrypted()
        try folder.write(String(decoding: pem, as: UTF8.self), to: "ca/ca.key")
        try folder.write(
            String(decoding: PEMWriter.encode(label: "CERTIFICATE", der: certificate), as: UTF8.self),
            to: "ca/ca.crt")
        try folder.write(
            String(decoding: ProfileSet.standard.document, as: UTF8.self), to: "ca/profiles.json")
    }

    struct TestDeviceFault: Error {}

    /// What stands in the ledger.
    func content() throws -> StoreContent {
        try SQLiteStore(path: path + "/ledger.db", access: .readOnly, as: .anyLedger).content()
    }

    /// What a device answers to `%KEYGEN` with a CSR: a new key, its UUID as common name.
    static func request(_ device: TestDevice) throws -> String {
        let request = try CertificationRequest.make(
            subject: try DistinguishedName(text: "CN=\(device.uuid)"), key: try PrivateKey.generate(.p256))
        return try device.keyGeneration(
            certifying: request.der, nonce: [UInt8](repeating: 5, count: 16), profile: .plain,
            signer: P256Arithmetic())
    }
}

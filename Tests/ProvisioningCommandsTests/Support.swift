import DeviceIdentity
import Diagnostics
import Foundation
import JSON
import ProvisioningCommands
import TestSupport

/// Third-party vectors, read where they are: beside the package or in `$ASSAY_VECTORS`.
enum Vectors {
    static let folder = TestPaths.vectors?.appendingPathComponent("provisioning-commands")

    static func bytes(_ name: String) throws -> [UInt8] {
        guard let folder else { throw ToolError(.io, "no vectors") }
        return try Array(Data(contentsOf: folder.appendingPathComponent(name)))
    }

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: bytes(name))
    }
}

enum Sample {
    static let deviceText = "5034394c-3132-4d31-80aa-1c2b3d4e5f60"
    /// Shaped like certificates; nothing in these tests decodes them.
    static let leaf = "-----BEGIN CERTIFICATE-----\nAAAA\nBBBB\n-----END CERTIFICATE-----\n"
    static let other = "-----BEGIN CERTIFICATE-----\nCCCC\n-----END CERTIFICATE-----\n"
    static let key = "-----BEGIN PRIVATE KEY-----\nDDDD\n-----END PRIVATE KEY-----\n"

    static func device() throws -> DeviceUUID {
        try DeviceUUID(text: deviceText)
    }
}

/// Answers from a table, keyed by the PEM block.
struct TableInspector: CertificateInspector {
    let table: [String: CertificateFacts]

    func facts(pem: String) throws(ToolError) -> CertificateFacts {
        guard let facts = table[pem] else { throw ToolError(.der, "expected a certificate, found garbage") }
        return facts
    }
}

func json(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
}

func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
}

/// A finding in short.
func summary(_ report: BatchReport) -> [String] {
    report.findings.map { "\($0.severity) \($0.code.rawValue) \($0.path)" }
}

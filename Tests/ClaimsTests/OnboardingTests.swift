import CSV
import Claims
import Diagnostics
import PKIX
import Testing

@Suite struct OnboardingTests {
    private let pem = PEMWriter.encode(label: "CERTIFICATE", der: Array(0..<100))

    private func text(_ row: OnboardingRow) -> String {
        var writer = CSVWriter()
        row.write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func rowsAreQuotedAsTheIncumbentDoes() throws {
        let plain = try OnboardingRow(deviceID: "nrf-1", pem: pem)
        let block = String(decoding: pem, as: UTF8.self)
        #expect(text(plain) == "nrf-1,,,,\"\(block)\"\n")
        let full = try OnboardingRow(
            deviceID: "a:b_c", subType: "x,y", tags: ["one", "t@2"], firmwareTypes: [.app, .modemFull],
            pem: pem)
        #expect(text(full) == "a:b_c,\"x,y\",one|t@2,APP|MDM_FULL,\"\(block)\"\n")
    }

    @Test func thePEMIsMadeCanonical() throws {
        let crlf = String(decoding: pem, as: UTF8.self).replacing("\n", with: "\r\n")
        let noEnd = String(decoding: pem.dropLast(), as: UTF8.self)
        for form in ["subject=x\n" + crlf, noEnd] {
            let row = try OnboardingRow(deviceID: "d", pem: Array(form.utf8))
            #expect(row.pem == String(decoding: pem, as: UTF8.self))
        }
    }

    @Test(arguments: [
        ("", "", "", "csv expected a device id of 1 to 128 characters from a-z A-Z 0-9 : _ -, found ''"),
        (
            "a b", "", "",
            "csv expected a device id of 1 to 128 characters from a-z A-Z 0-9 : _ -, found 'a b'"
        ),
        (
            String(repeating: "x", count: 129), "", "",
            "csv expected a device id of 1 to 128 characters from a-z A-Z 0-9 : _ -, found a text of 129 bytes"
        ),
        (
            "d", "a b", "",
            "csv expected a sub-type of at most 799 characters from a-z A-Z 0-9 _ . , @ / : # -, found 'a b'"
        ),
        ("d", "", "a|b", "csv expected a tag of characters from a-z A-Z 0-9 _ . @ : # -, found 'a|b'"),
        ("d", "", "a=b", "csv expected a tag of characters from a-z A-Z 0-9 _ . @ : # -, found 'a=b'"),
    ])
    func refused(_ id: String, _ subType: String, _ tag: String, _ message: String) {
        let error = #expect(throws: CheckFailure.self) {
            try OnboardingRow(deviceID: id, subType: subType, tags: tag.isEmpty ? [] : [tag], pem: pem)
        }
        #expect(error.map { "\($0.code.rawValue) \($0.message)" } == message)
    }

    @Test func theLimitsThemselvesAreAllowed() throws {
        let id = String(repeating: "x", count: 128)
        let subType = String(repeating: "y", count: 799)
        let row = try OnboardingRow(deviceID: id, subType: subType, pem: pem)
        #expect(row.deviceID == id)
        #expect(row.subType == subType)
        #expect(throws: CheckFailure.self) {
            try OnboardingRow(deviceID: id, subType: subType + "y", pem: pem)
        }
    }

    @Test func otherThanOneCertificateOrKeyIsRefused() {
        let key = PEMWriter.encode(label: "PRIVATE KEY", der: [1])
        for (bytes, found) in [
            ([], "nothing"), (pem + pem, "CERTIFICATE, CERTIFICATE"), (key, "PRIVATE KEY"),
        ] {
            let error = #expect(throws: CheckFailure.self) { try OnboardingRow(deviceID: "d", pem: bytes) }
            #expect(error == CheckFailure(.pem, "expected one CERTIFICATE or PUBLIC KEY, found \(found)"))
        }
    }
}

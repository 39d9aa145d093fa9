import Batches
import Diagnostics

/// What the verbs call their inputs, in counts and where there are none.
extension Noun {
    static let token = Noun("token", .tokenFormat, expected: "a token")
    static let jwt = Noun("JWT", .jwtFormat, expected: "a JWT")
    static let request = Noun("request", .pem, expected: "a request")
    static let certificate = Noun("certificate", .pem, expected: "a certificate")
    static let serial = Noun("certificate", .csv, expected: "a serial number")
    static let document = Noun("document", .json, expected: "a batch of commands")
    static let message = Noun("message", .cbor, expected: "CBOR")
    static let record = Noun("record", .json, expected: "a record of ca issue --json")
    static let claimRow = Noun("row", .csv, expected: "a row with a token")
    static let keyRow = Noun("row", .csv, expected: "a row with a key")
    static let deviceRow = Noun("row", .csv, expected: "a row with a device")
}

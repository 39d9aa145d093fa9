import DeviceIdentity
import Diagnostics
import OpenSSL
import PKIX

/// What is made of one device: a stretch of each output file, and perhaps a file of its own.
struct Product: Sendable {
    /// In the order of ``Recipe/files``.
    let stretches: [[UInt8]]
    /// The content of the device's own file in ``Recipe/folder``.
    var own: [UInt8]?
}

/// A kind of benchmark data.
struct Recipe: Sendable {
    /// The names of the output files.
    let files: [String]
    /// The folder of the devices' own files, `0000000.pem` and on.
    var folder: String?
    /// Makes the data of one device; the flag asks for a signature that does not verify.
    let make: @Sendable (Workshop, Int, Bool) throws(ToolError) -> Product

    static let tokens = Recipe(files: ["tokens.txt", "pubkeys.csv"]) {
        (workshop, index, spoiled) throws(ToolError) in
        let key = try workshop.key("identity", index)
        let token = try workshop.token(index, key: key, spoiled: spoiled)
        return Product(stretches: [token + [lineFeed], try keyRow(workshop.fleet, index, key)])
    }

    /// The rows of `attestation_tokens.csv`: `imei,uuid,token,time`.
    static func claims(signed: Bool) -> Recipe {
        Recipe(files: ["attestation_tokens.csv"] + (signed ? ["pubkeys.csv"] : [])) {
            (workshop, index, spoiled) throws(ToolError) in
            let key = signed ? try workshop.key("identity", index) : nil
            let device = try workshop.fleet.uuid("uuid", index)
            let row =
                Array("\(imei(index)),\(device),".utf8)
                + (try workshop.token(index, key: key, spoiled: spoiled))
                + Array(",2026-02-03T04:05:06.123456+00:00\n".utf8)
            guard let key else { return Product(stretches: [row]) }
            return Product(stretches: [row, try keyRow(workshop.fleet, index, key)])
        }
    }

    static func jwts(issued: Int64, expires: Int64) -> Recipe {
        Recipe(files: ["jwts.txt", "pubkeys.csv"]) { (workshop, index, spoiled) throws(ToolError) in
            let key = try workshop.key("identity", index)
            let jwt = try workshop.jwt(index, key: key, issued: issued, expires: expires, spoiled: spoiled)
            return Product(stretches: [jwt + [lineFeed], try keyRow(workshop.fleet, index, key)])
        }
    }

    static func requests(folder: String?, keyGeneration: Bool) -> Recipe {
        Recipe(files: keyGeneration ? ["csrs.pem", "keygen.txt"] : ["csrs.pem"], folder: folder) {
            (workshop, index, spoiled) throws(ToolError) in
            var der = try workshop.request(index)
            var stretches: [[UInt8]] = []
            if keyGeneration {
                stretches.append(try workshop.keyGeneration(index, request: der) + [lineFeed])
            }
            if spoiled, let last = der.popLast() { der.append(last ^ 1) }
            let text = PEMWriter.encode(label: "CERTIFICATE REQUEST", der: der)
            return Product(stretches: [text] + stretches, own: folder == nil ? nil : text)
        }
    }

    /// The number of the device in an IMEI, after `35`.
    private static func imei(_ index: Int) -> String {
        let digits = String(index % 1_000_000_000_000)
        let body = "35" + String(repeating: "0", count: 12 - digits.utf8.count) + digits
        return (0...9).lazy.map { body + String($0) }.first { IMEI(text: $0) != nil } ?? body
    }

    private static let lineFeed = UInt8(ascii: "\n")

    /// A row of the key table: the device's UUID and its SubjectPublicKeyInfo in base64.
    private static func keyRow(_ fleet: Fleet, _ index: Int, _ key: Workshop.Key) throws(ToolError) -> [UInt8]
    {
        Array("\(try fleet.uuid("uuid", index)),".utf8)
            + DeviceIdentity.Base64.encode(key.publicKey.spki, .standard) + [lineFeed]
    }
}

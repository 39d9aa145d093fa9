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

    private static let lineFeed = UInt8(ascii: "\n")

    /// A row of the key table: the device's UUID and its SubjectPublicKeyInfo in base64.
    private static func keyRow(_ fleet: Fleet, _ index: Int, _ key: Workshop.Key) throws(ToolError) -> [UInt8]
    {
        Array("\(try fleet.uuid("uuid", index)),".utf8)
            + DeviceIdentity.Base64.encode(key.publicKey.spki, .standard) + [lineFeed]
    }
}

import Diagnostics
import InputOutput
import PKIX

/// Private keys where requests are expected. Whoever sends a key along with its request has disclosed it: neither is
/// touched, and the answer says why.
enum DisclosedKey {
    /// The end of each label, before hyphens or the dashes that a word processor puts for them.
    private static let markers = [Array("PRIVATE KEY-".utf8), Array("PRIVATE KEY".utf8) + [0xe2, 0x80]]

    /// What is said of a request whose file holds a private key.
    static let companion = CheckFailure(
        .csrKey,
        "a private key is in the same file: none of its requests is certified. Whoever has the file has the key: make "
            + "a new one where it is used, and send the request alone")

    /// What is said of the key itself.
    static let block = CheckFailure(
        .csrKey,
        "expected a certification request, found a private key: never send one around. It is disclosed now: make a new "
            + "one where it is used, and send the request alone")

    /// Whether there is a private key in PEM among `bytes`.
    static func isIn(_ bytes: [UInt8]) -> Bool {
        markers.contains { ByteSearch.contains($0, in: bytes) }
    }

    /// Whether PEM begins somewhere in `head`, beyond where a census of its lines looks.
    static func mayBegin(in head: [UInt8]) -> Bool {
        ByteSearch.contains(Array("-----BEGIN ".utf8), in: head)
    }

    /// Whether there is one in a file that was read up to and including `head`.
    static func isIn(file path: String, head: [UInt8]) throws(ToolError) -> Bool {
        if isIn(head) { return true }
        guard let size = FileSystem.size(of: path), size > head.count else { return false }
        return try ByteSearch.contains(anyOf: markers, inFile: path)
    }

    /// Whether a PEM block is one, by its label.
    static func isKey(label: String) -> Bool { label.hasSuffix("PRIVATE KEY") }

    /// Whether DER begins as PKCS#8, SEC 1 and PKCS#1 do: with a version 0 or 1 where a request has a sequence.
    static func isKey(_ der: [UInt8]) -> Bool {
        var reader = DERReader(der)
        guard var key = try? reader.enter(.sequence, "key"), let version = try? key.smallInteger("version")
        else {
            return false
        }
        return version < 2 && [.sequence, .octetString, .integer].contains(key.nextTag)
    }
}

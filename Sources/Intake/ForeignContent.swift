import Diagnostics

/// Content that no command reads: what it is, and the next step.
struct ForeignContent {
    let name: String
    let hint: Hint

    /// - Parameter head: the beginning of the input, as it is.
    init?(_ head: [UInt8], _ expected: Expectation) {
        if let encoding = Self.wideText(head, expected) {
            self = encoding
        } else if let known = Self.signatures.first(where: { head.starts(with: $0.bytes) }) {
            self.init(name: known.name, hint: known.hint)
            if known.bytes == Self.zip, Self.isWorkbook(head) {
                self.init(
                    name: "an Excel workbook (xlsx)", hint: "save it from the spreadsheet as CSV in UTF-8")
            }
        } else if head.count > 262, head[257..<262].elementsEqual("ustar".utf8) {
            self.init(name: "a tar archive", hint: "unpack it, and give the files that are in it")
        } else if let text = Self.markup(head) {
            self = text
        } else if let der = Self.der(head, expected) {
            self = der
        } else if expected.form == .lines, let text = Self.document(head, expected) {
            self = text
        } else if expected.code != .cbor, let dump = Self.hexadecimal(head, expected) {
            self = dump
        } else if let table = Self.onboarding(head) {
            self = table
        } else {
            return nil
        }
    }

    private init(name: String, hint: Hint) {
        self.name = name
        self.hint = hint
    }

    func message(_ expected: Expectation) -> String {
        isWideText ? "expected UTF-8, found \(name)" : "expected \(expected.what), found \(name)"
    }

    private var isWideText: Bool { name.hasPrefix("UTF-") }

    private static let zip = Array("PK\u{3}\u{4}".utf8)

    private static let signatures: [(bytes: [UInt8], name: String, hint: Hint)] = [
        (zip, "a ZIP archive", "unpack it, and give the files that are in it"),
        ([0xd0, 0xcf, 0x11, 0xe0], "an Office document of the old kind (xls)", "save it as CSV in UTF-8"),
        ([0x1f, 0x8b], "gzip data", "unpack it: gzip -dc FILE | assay … -"),
        (Array("BZh".utf8), "bzip2 data", "unpack it: bzip2 -dc FILE | assay … -"),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz data", "unpack it: xz -dc FILE | assay … -"),
        ([0x28, 0xb5, 0x2f, 0xfd], "zstd data", "unpack it: zstd -dc FILE | assay … -"),
        (
            [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7-Zip archive",
            "unpack it, and give the files that are in it"
        ),
        (Array("%PDF-".utf8), "a PDF document", "copy the text into a file of its own"),
        ([0x89, 0x50, 0x4e, 0x47], "a picture (PNG)", "copy the text itself, not a picture of it"),
        ([0xff, 0xd8, 0xff], "a picture (JPEG)", "copy the text itself, not a picture of it"),
        (Array("GIF8".utf8), "a picture (GIF)", "copy the text itself, not a picture of it"),
        (Array("SQLite format 3\0".utf8), "an SQLite file", .nameAsStore),
        ([0x7f, 0x45, 0x4c, 0x46], "a program (ELF)", "check the path"),
        ([0xfe, 0xed, 0xfe, 0xed], "a Java key store", "export it: keytool -exportcert -rfc"),
        (
            Array("-----BEGIN OPENSSH PRIVATE KEY".utf8), "an OpenSSH private key",
            "keep it to yourself; ssh-keygen -p -m PKCS8 -f FILE changes its form"
        ),
        (
            Array("PuTTY-User-Key-File".utf8), "a PuTTY private key",
            "keep it to yourself; puttygen FILE -O private-openssh-new -o NEW, then ssh-keygen -p -m PKCS8 -f NEW"
        ),
        (
            Array("---- BEGIN SSH2".utf8), "an SSH public key (RFC 4716)",
            "ssh-keygen -i -f FILE >NEW, then ssh-keygen -e -m PKCS8 -f NEW"
        ),
        (Array("ssh-".utf8), "an OpenSSH public key", "ssh-keygen -e -m PKCS8 -f FILE changes its form"),
        (
            Array("ecdsa-sha2-".utf8), "an OpenSSH public key",
            "ssh-keygen -e -m PKCS8 -f FILE changes its form"
        ),
    ]

    private static func isWorkbook(_ head: [UInt8]) -> Bool {
        let marks = ["[Content_Types].xml", "xl/"].map { Array($0.utf8) }
        return head.indices.prefix(4096).contains { index in
            marks.contains { head[index...].starts(with: $0) }
        }
    }

    private static func wideText(_ head: [UInt8], _ expected: Expectation) -> ForeignContent? {
        let hint: Hint = "save the file as UTF-8 (in PowerShell: Out-File -Encoding utf8)"
        if head.starts(with: [0xff, 0xfe, 0x00, 0x00]) || head.starts(with: [0x00, 0x00, 0xfe, 0xff]) {
            return ForeignContent(name: "UTF-32", hint: hint)
        }
        // Without a mark, the zero octets of Latin letters tell.
        let start = head.prefix(64)
        let even = start.enumerated().count { $0.offset % 2 == 0 && $0.element == 0 }
        let odd = start.enumerated().count { $0.offset % 2 == 1 && $0.element == 0 }
        // Binary data may have as many, but does not begin with a letter.
        let letter = start.prefix(2).first { $0 != 0 }
        let mayBeWide = !expected.takesBinary || letter.map { 0x20...0x7e ~= $0 } == true
        let isWide =
            mayBeWide && start.count >= 8 && max(even, odd) * 2 >= start.count - 1 && min(even, odd) == 0
        guard isWide || head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff]) else { return nil }
        return ForeignContent(name: "UTF-16", hint: hint)
    }

    private static func markup(_ head: [UInt8]) -> ForeignContent? {
        let start = head.prefix(512).drop { $0.isBlank || $0 >= 0x80 }.prefix(16)
        let text = String(decoding: start.map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
        if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
            return ForeignContent(
                name: "an HTML page", hint: "a server may have answered with an error page: look at the file")
        }
        if text.hasPrefix("<?xml") {
            return ForeignContent(name: "an XML document", hint: "export the data as CSV or JSON Lines")
        }
        return nil
    }

    /// Text that goes on over many lines, where an input stands on one.
    private static func document(_ head: [UInt8], _ expected: Expectation) -> ForeignContent? {
        let first = head.split(separator: 0x0a).lazy.map(\.trimmed).first { !$0.isEmpty } ?? []
        if first.count <= 2, ["{", "[", "[{"].contains(String(decoding: first, as: UTF8.self)) {
            let isObject = first.first == UInt8(ascii: "{")
            let program = isObject ? "jq -c . FILE" : "jq -c '.[]' FILE"
            return ForeignContent(
                name: "a JSON document over several lines",
                hint: expected.takesObjects
                    ? .text("one object stands on each line: \(program) rewrites it so")
                    : .text(
                        "give the text of the member that holds it: jq -r \(isObject ? ".MEMBER" : "'.[].MEMBER'") FILE"
                    ))
        }
        // A log may begin with a time in brackets.
        if first.first == UInt8(ascii: "["), let next = first.dropFirst().trimmed.first,
            [0x7b, 0x22].contains(next)
        {
            return ForeignContent(
                name: "a JSON array",
                hint: next == 0x7b && !expected.takesObjects
                    ? "give the text of the member that holds it: jq -r '.[].MEMBER' FILE"
                    : "one value stands on each line: jq -c '.[]' FILE rewrites it so")
        }
        return nil
    }

    /// What a program printed of binary data: with offsets, or digits alone where DER may stand.
    private static func hexadecimal(_ head: [UInt8], _ expected: Expectation) -> ForeignContent? {
        let first = head.prefix(512).split(separator: 0x0a).lazy.map(\.trimmed).first { !$0.isEmpty } ?? []
        var words = first.split { $0.isBlank }
        if let offset = words.first, 4...17 ~= offset.count,
            (offset.last == 0x3a ? offset.dropLast() : offset).allSatisfy(isHexDigit), words.count > 4,
            words[1...4].allSatisfy({ ($0.count == 2 || $0.count == 4) && $0.allSatisfy(isHexDigit) })
        {
            return dump(hasColon: offset.last == 0x3a, isOfWords: words[1].count == 4)
        }
        guard expected.takesBinary || expected.code == .pem else { return nil }
        words = first.split { $0.isBlank || $0 == 0x3a }
        let digits = words.joined()
        guard digits.count >= 32, digits.count % 2 == 0, digits.starts(with: [0x33, 0x30]),
            digits.allSatisfy(isHexDigit)
        else { return nil }
        return ForeignContent(
            name: "hexadecimal digits", hint: "make the file of them again: xxd -r -p FILE > NEW")
    }

    /// What makes binary data of a dump again depends on the program that printed it.
    private static func dump(hasColon: Bool, isOfWords: Bool) -> ForeignContent {
        if hasColon {
            return ForeignContent(
                name: "a hexdump with offsets", hint: "make the file of it again: xxd -r FILE > NEW")
        }
        return isOfWords
            ? ForeignContent(
                name: "a hexdump of words, whose octets stand in another order",
                hint: "give the file that it was made of, or dump it octet by octet: xxd FILE")
            : ForeignContent(
                name: "a hexdump with offsets",
                hint: "make the file of it again: sed 's/^[^ ]* *//; s/ *[|>].*//' FILE | xxd -r -p > NEW")
    }

    private static func isHexDigit(_ octet: UInt8) -> Bool {
        0x30...0x39 ~= octet || 0x41...0x46 ~= octet || 0x61...0x66 ~= octet
    }

    private static func onboarding(_ head: [UInt8]) -> ForeignContent? {
        let first = head.prefix(1024).prefix { $0 != 0x0a }
        guard let quote = first.firstIndex(of: UInt8(ascii: "\"")),
            first[(quote + 1)...].starts(with: certificate),
            first[..<quote].count(where: { $0 == UInt8(ascii: ",") }) == 4
        else { return nil }
        return ForeignContent(
            name: "an onboarding CSV (deviceId,subType,tags,fwTypes,certificate)",
            hint: .sendOnboarding)
    }

    private static let certificate = Array("-----BEGIN CERTIFICATE-----".utf8)

    /// A sequence in DER: a PKCS#12 file has its version at the beginning, and is read by no command.
    private static func der(_ head: [UInt8], _ expected: Expectation) -> ForeignContent? {
        guard head.count >= 8, head[0] == 0x30 else { return nil }
        if head[1] < 0x80 {
            // In a short one, such as a key of a small curve, tags and lengths follow that are no text.
            return head.prefix(8).contains { $0 < 0x09 } && !expected.takesBinary ? binary(expected) : nil
        }
        guard 0x80...0x84 ~= head[1] else { return nil }
        let contents = 2 + Int(head[1] & 0x7f)
        if head[contents...].starts(with: [0x02, 0x01, 0x03, 0x30]) {
            return ForeignContent(
                name: "a PKCS#12 file",
                hint:
                    "openssl pkcs12 -in FILE -nokeys writes its certificates as PEM, -nocerts instead its key"
            )
        }
        return expected.takesBinary ? nil : binary(expected)
    }

    private static func binary(_ expected: Expectation) -> ForeignContent {
        ForeignContent(
            name: "DER, binary data",
            hint: expected.code == .pem
                ? "openssl writes it as PEM: pkey -inform der -in FILE (a key), x509 -inform der -in FILE (a certificate)"
                : "give the text that it was made of")
    }
}

/// Reads a CertificateList (RFC 5280 section 5.1) once from its first octet to its last.
struct RevocationListReader {
    private let der: [UInt8]
    private var list: DERReader
    private(set) var tbsRange = 0..<0
    private(set) var signatureRange = 0..<0
    private(set) var algorithm: SignatureAlgorithmIdentifier
    private(set) var issuer: DistinguishedName
    private(set) var thisUpdate: Int64 = 0
    private(set) var nextUpdate: Int64?
    private(set) var scope = RevocationScope()
    private(set) var entries = SerialTable()
    private(set) var findings: [LintFinding] = []
    private var body: DERReader
    private var version = 0
    private var hasNumber = false
    private var hasKeyIdentifier = false

    init(_ der: [UInt8]) throws(DERError) {
        guard der.count <= RevocationList.maximumSize else {
            throw DERError(
                0, "expected a list of at most \(RevocationList.maximumSize) octets, found \(der.count)")
        }
        self.der = der
        var outer = DERReader(der)
        list = try outer.enter(.sequence, "revocation list")
        try outer.finish("revocation list")
        let tbs = try list.read(.sequence, "TBS list")
        tbsRange = tbs.whole
        body = list.contents(of: tbs)
        if body.nextTag == .integer {
            let start = body.position
            version = try body.smallInteger("version")
            guard version == 1 else { throw DERError(start, "expected version 2 where one is written") }
        }
        let start = body.position
        algorithm = try SignatureAlgorithmIdentifier(
            reading: &body, tolerating: [.ecdsaNullParameters, .rsaAbsentParameters])
        let inner = start..<body.position
        issuer = try DistinguishedName(reading: &body, "issuer")
        let outerStart = list.position
        _ = try SignatureAlgorithmIdentifier(
            reading: &list, tolerating: [.ecdsaNullParameters, .rsaAbsentParameters])
        guard der[inner] == der[outerStart..<list.position] else {
            throw DERError(outerStart, "the two signature algorithms differ")
        }
        signatureRange = try list.octetAlignedBitString("signature")
        try list.finish("revocation list")
    }

    mutating func read() throws(DERError) {
        guard !issuer.isEmpty else { throw DERError(tbsRange.lowerBound, "the issuer has no name") }
        thisUpdate = try time()
        if body.nextTag == .utcTime || body.nextTag == .generalizedTime { nextUpdate = try time() }
        if let nextUpdate, nextUpdate < thisUpdate {
            throw DERError(body.position, "nextUpdate is earlier than thisUpdate")
        }
        let revoked = try body.readIfPresent(.sequence)
        if body.nextTag == .constructed(0) {
            var wrapper = try body.enter(.constructed(0), "extensions")
            guard version == 1 else { throw DERError(body.position, "extensions in a list of version 1") }
            try readExtensions(&wrapper)
            try wrapper.finish("extensions")
        }
        noteMissingExtensions(version)
        try body.finish("TBS list")
        // After the extensions, which may say that it is no complete list.
        if let revoked {
            if revoked.content.isEmpty { findings.append(LintFinding(.listEntriesEmpty)) }
            // The shortest entry has 20 octets, the usual ones 36.
            entries = SerialTable(capacity: revoked.content.count / 36)
            try readEntries(revoked.content)
        }
        if version == 0 { findings.append(LintFinding(.listVersion, "version 1")) }
    }

    private mutating func time() throws(DERError) -> Int64 {
        let element = try body.next()
        let seconds = try DERTime.seconds(body, element)
        if (try? DERTime.strictSeconds(body, element)) == nil,
            !findings.contains(where: { $0.rule == .listTimes })
        {
            findings.append(LintFinding(.listTimes))
        }
        return seconds
    }

    // MARK: Entries

    private mutating func readEntries(_ range: Range<Int>) throws(DERError) {
        var reader = DERReader(der, in: range)
        while !reader.isAtEnd {
            let start = reader.position
            let outerEnd = try reader.descend(.sequence, "revoked certificate")
            let serial = try reader.integer("serial number")
            guard serial.count < 0x80 else {
                throw DERError(start, "expected a serial number below 128 octets, found \(serial.count)")
            }
            _ = try DERTime.seconds(reader, try reader.next())
            if !reader.isAtEnd {
                guard version == 1 else { throw DERError(start, "entry extensions in a list of version 1") }
                try readEntryExtensions(&reader)
            }
            try reader.leave(outerEnd, "revoked certificate")
            entries.insert(serial, in: der)
        }
    }

    private func readEntryExtensions(_ reader: inout DERReader) throws(DERError) {
        try Self.readList(&reader, "entry extensions") { oid, isCritical, value, start throws(DERError) in
            var value = value
            switch oid {
            case .reasonCode: try Self.checkReason(&value)
            case .invalidityDate: _ = try DERTime.seconds(value, try value.next())
            case .certificateIssuer:
                throw DERError(start, "the list is indirect: it revokes certificates of another issuer")
            default:
                guard isCritical else { return }
                throw DERError(start, "critical entry extension \(oid) is not known")
            }
            try value.finish("entry extension")
        }
    }

    private static func checkReason(_ value: inout DERReader) throws(DERError) {
        let element = try value.read(.enumerated, "reason code")
        let octet = element.content.count == 1 ? value.bytes[element.content.lowerBound] : .max
        guard octet != 8 else {
            throw DERError(element.start, "removeFromCRL stands in delta lists only")
        }
        guard RevocationReason(rawValue: octet) != nil else {
            throw DERError(element.start, "unknown reason code")
        }
    }

    // MARK: Extensions

    private mutating func readExtensions(_ reader: inout DERReader) throws(DERError) {
        var scope = RevocationScope()
        var known: Set<OID> = []
        try Self.readList(&reader, "extensions") { oid, isCritical, value, start throws(DERError) in
            known.insert(oid)
            var value = value
            switch oid {
            case .deltaCRLIndicator:
                throw DERError(
                    start,
                    "the list is a delta (deltaCRLIndicator), which says nothing without its base; "
                        + "give a complete list")
            case .issuingDistributionPoint:
                scope = try RevocationScope(reading: &value, issuer: issuer)
            case .authorityKeyIdentifier: _ = try ExtensionBody.authorityKeyIdentifier(&value)
            case .crlNumber: _ = try value.integer("CRL number")
            default:
                guard isCritical else { return }
                throw DERError(start, "critical extension \(oid) is not known")
            }
            try value.finish("extension value")
        }
        self.scope = scope
        hasNumber = known.contains(.crlNumber)
        hasKeyIdentifier = known.contains(.authorityKeyIdentifier)
    }

    /// A list of version 1 has no place for them; that it is one is said instead.
    private mutating func noteMissingExtensions(_ version: Int) {
        guard version == 1 else { return }
        if !hasNumber { findings.append(LintFinding(.listNumber)) }
        if !hasKeyIdentifier { findings.append(LintFinding(.listKeyIdentifier)) }
    }

    /// A list of extensions that is not empty, holds none twice and writes no default.
    private static func readList(
        _ reader: inout DERReader, _ what: StaticString,
        _ read: (OID, Bool, DERReader, Int) throws(DERError) -> Void
    ) throws(DERError) {
        let start = reader.position
        var list = try reader.enter(.sequence, what)
        guard !list.isAtEnd else { throw DERError(start, "\(what) are empty") }
        var seen: [OID] = []
        while !list.isAtEnd {
            let offset = list.position
            var item = try list.enter(.sequence, "extension")
            let oid = item.extensionType(try item.objectIdentifierRange("extension type"))
            guard seen.count < CertificateExtension.maximumCount, !seen.contains(oid) else {
                throw DERError(offset, "extension \(oid) occurs twice, or there are too many")
            }
            seen.append(oid)
            var isCritical = false
            if item.nextTag == .boolean {
                isCritical = try item.boolean("critical")
                guard isCritical else { throw DERError(offset, "critical is FALSE but written out") }
            }
            let value = try item.octetString("extension value")
            try item.finish("extension")
            try read(oid, isCritical, DERReader(item.bytes, in: value), offset)
        }
    }
}

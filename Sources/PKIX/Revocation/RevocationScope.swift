import OpenSSL

/// Which certificates of its issuer a complete list covers (IssuingDistributionPoint, RFC 5280 section 5.2.5).
struct RevocationScope: Sendable {
    /// The names of its distribution point; nil where it covers them all.
    var points: Set<PointName>?
    var isForAuthorities = true
    var isForOthers = true

    init() {}

    /// - Throws: ``DERError`` for lists that are not complete for the certificates that they cover, and for those that
    ///   are not about certificates of their issuer.
    init(reading reader: inout DERReader, issuer: DistinguishedName) throws(DERError) {
        let start = reader.position
        var body = try reader.enter(.sequence, "issuing distribution point")
        if let element = try body.readIfPresent(.constructed(0)) {
            points = Set(try PointName.read(body.contents(of: element), issuer: issuer))
        }
        var flags: Set<UInt8> = []
        for number: UInt8 in 1...5 {
            guard let element = try body.readIfPresent(.primitive(number)) else { continue }
            flags.insert(number)
            if number == 3 { continue }
            // X.690 section 11.5: what is the default is not written.
            guard body.matches(element.content, [0xFF]) else {
                throw DERError(element.start, "a default is written in the issuing distribution point")
            }
        }
        try body.finish("issuing distribution point")
        if flags.contains(3) {
            throw DERError(
                start, "the list covers some reasons only (onlySomeReasons), expected a complete one")
        }
        if flags.contains(4) {
            throw DERError(
                start, "the list is indirect (indirectCRL), expected one of the certificates' own CA")
        }
        if flags.contains(5) {
            throw DERError(start, "the list is about attribute certificates (onlyContainsAttributeCerts)")
        }
        guard !(flags.contains(1) && flags.contains(2)) else {
            throw DERError(start, "the list covers neither CAs nor others")
        }
        isForAuthorities = !flags.contains(1)
        isForOthers = !flags.contains(2)
    }

    /// Whether silence about `member` means that it is not revoked.
    func covers(_ member: ChainMember) -> Bool {
        guard member.certificate.isCA ? isForAuthorities : isForOthers else { return false }
        guard let points else { return true }
        return !points.isDisjoint(with: PointName.ofCertificate(member))
    }
}

/// A name of a distribution point.
enum PointName: Hashable, Sendable {
    case directory(CanonicalName)
    /// A GeneralName of another kind, DER.
    case other([UInt8])

    /// The names of a DistributionPointName, those relative to `issuer` completed.
    static func read(_ contents: DERReader, issuer: DistinguishedName) throws(DERError) -> [PointName] {
        var reader = contents
        let start = reader.position
        var names: [PointName] = []
        if let element = try reader.readIfPresent(.constructed(0)) {
            var list = reader.contents(of: element)
            while !list.isAtEnd { names.append(try name(&list)) }
        } else {
            let element = try reader.read(.constructed(1), "distribution point name")
            var writer = DERWriter()
            let relative = reader.copy(element.content)
            let above = DERReader(issuer.der)
            var inner = above
            let body = try inner.read(.sequence, "name")
            writer.sequence { writer in
                writer.raw(above.copy(body.content))
                writer.constructed(.set) { $0.raw(relative) }
            }
            guard let name = CanonicalName(der: writer.bytes) else {
                throw DERError(start, "the relative name of a distribution point is malformed")
            }
            names.append(.directory(name))
        }
        try reader.finish("distribution point name")
        guard !names.isEmpty else { throw DERError(start, "a distribution point without a name") }
        return names
    }

    private static func name(_ list: inout DERReader) throws(DERError) -> PointName {
        let element = try list.next()
        guard element.tag == .constructed(4) else { return .other(list.copy(element.whole)) }
        guard let name = CanonicalName(der: list.copy(element.content)) else {
            throw DERError(element.start, "directory name is malformed")
        }
        return .directory(name)
    }

    /// The distribution points of a certificate whose lists its own CA signs and that cover all reasons. Without the
    /// extension it is the CA itself (RFC 5280 section 6.3.3).
    static func ofCertificate(_ member: ChainMember) -> Set<PointName> {
        guard let reading = member.reading, let issuer = reading.issuerName else { return [] }
        guard var reader = reading.value(of: .crlDistributionPoints) else {
            return member.issuer.map { [.directory($0)] } ?? []
        }
        var names: Set<PointName> = []
        guard var list = try? reader.enter(.sequence, "distribution points") else { return [] }
        while !list.isAtEnd {
            guard var point = try? list.enter(.sequence, "distribution point") else { return [] }
            guard let element = try? point.readIfPresent(.constructed(0)), point.isAtEnd,
                let found = try? read(point.contents(of: element), issuer: issuer)
            else { continue }
            names.formUnion(found)
        }
        return names
    }
}

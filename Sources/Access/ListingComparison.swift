public import DeviceIdentity
import Diagnostics
import OpenSSL

/// What a modem has, held against the files that should be on it and against what a use needs.
public struct ListingComparison: Sendable {
    /// Where a file is.
    public enum State: String, Sendable {
        case present
        /// The same text with other line ends.
        case lineEnds = "line-ends"
        /// Something else stands in its place.
        case different
        case absent
        /// Under another security tag, or as another type.
        case elsewhere
        /// Something stands in its place; of keys there is no digest that could be compared.
        case notComparable = "not-comparable"
    }

    /// The answer for one file.
    public struct Answer: Sendable, Equatable {
        public let file: String
        public let kind: CredentialKind
        public let state: State
        /// In which form the modem has it, where it has it.
        public let form: StoredForm?
        /// Where it is instead, for ``State/elsewhere``.
        public let place: CredentialListing.Entry?
    }

    /// In the order of the files.
    public private(set) var answers: [Answer] = []
    public private(set) var findings: [AccessFinding] = []

    /// - Parameter needed: what has to stand under the tag, whether there is a file of it or not.
    public init(
        _ listing: CredentialListing, _ files: [ExpectedCredential], secTag: SecTag, needed: [CredentialKind]
    ) {
        for file in files {
            let answer = Self.answer(listing, file, secTag)
            answers.append(answer)
            if let finding = Self.finding(answer, secTag) { findings.append(finding) }
        }
        for kind in needed
        where listing.entry(secTag, kind) == nil && !answers.contains(where: { $0.kind == kind }) {
            findings.append(
                AccessFinding(
                    .error, .credentialMissing, .modem,
                    "expected the \(kind.title) under tag \(secTag) (type \(kind.rawValue)), found none"))
        }
        if !listing.isComplete {
            findings.append(
                AccessFinding(
                    .note, .listing, .modem,
                    "no OK ends the listing: if it was cut, what is missing may be there"))
        }
        if listing.earlierListings > 0 {
            findings.append(
                AccessFinding(
                    .note, .listing, .modem,
                    "found \(listing.earlierListings + 1) listings of the same credentials: the last one counts"
                ))
        }
    }

    private static func answer(
        _ listing: CredentialListing, _ file: ExpectedCredential, _ tag: SecTag
    ) -> Answer {
        let entry = listing.entry(tag, file.kind)
        let answer = { (state: State, form: StoredForm?, place: CredentialListing.Entry?) in
            Answer(file: file.file, kind: file.kind, state: state, form: form, place: place)
        }
        guard file.kind == .rootCertificate || file.kind == .clientCertificate else {
            return answer(entry == nil ? .absent : .notComparable, nil, nil)
        }
        // The first of several root CAs is not all of them; of a chain the modem needs no more.
        let digests = StoredForm.digests(of: file.text).filter {
            $0.form != .first || file.kind == .clientCertificate
        }
        if let entry, let (form, _) = digests.first(where: { $0.digest == entry.digest }) {
            return answer(form.isGood ? .present : .lineEnds, form, nil)
        }
        for (form, digest) in digests {
            if let place = listing.entries.first(where: { $0.digest == digest }) {
                return answer(.elsewhere, form, place)
            }
        }
        return answer(entry == nil ? .absent : .different, nil, nil)
    }

    private static func finding(_ answer: Answer, _ tag: SecTag) -> AccessFinding? {
        let place = "tag \(tag), type \(answer.kind.rawValue)"
        let make = { (severity: AccessFinding.Severity, code: ErrorCode, message: String) in
            AccessFinding(severity, code, .modem, file: answer.file, message)
        }
        switch answer.state {
        case .present: return nil
        case .lineEnds:
            return make(
                .warning, .credentialMismatch,
                "the modem has the \(answer.kind.title) in another form than the file: "
                    + (answer.form?.difference ?? "its line ends differ"))
        case .different:
            return make(
                .error, .credentialMismatch,
                "expected the file as the \(answer.kind.title) (\(place)), found another text there")
        case .absent:
            return make(
                .error, .credentialMissing, "expected the \(answer.kind.title) under \(place), found none")
        case .elsewhere:
            let found = answer.place.map { "tag \($0.secTag), type \($0.type)" } ?? "another place"
            return make(
                .error, .secTag, "expected the \(answer.kind.title) under \(place), found it under \(found)")
        case .notComparable:
            return make(
                .note, .credentialMismatch,
                "a \(answer.kind.title) stands under \(place); its digest cannot be compared with a file, so nothing "
                    + "says whether it is this one")
        }
    }
}

extension CredentialKind {
    /// What people call it.
    public var title: String {
        switch self {
        case .rootCertificate: "root CA certificate"
        case .clientCertificate: "client certificate"
        case .privateKey: "private key"
        case .preSharedKey: "pre-shared key"
        case .keyIdentity: "identity of a pre-shared key"
        case .commandKey: "public key for AT commands"
        case .identityKey: "device identity key"
        case .reserved: "reserved"
        case .endorsementKey: "endorsement key"
        case .ownershipKey: "ownership key"
        case .identityRoot: "identity root CA"
        case .vendorKey: "vendor's public key"
        }
    }
}

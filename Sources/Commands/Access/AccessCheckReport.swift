import Access
import DeviceIdentity
import Diagnostics
import JSON

/// What `access check` prints, `assay.access-check/1`.
struct AccessCheckReport {
    let question: AccessCheck.Question
    /// Where the listing came from.
    let source: String?
    let clientID: String?
    let check: AccessCheck

    private var verdict: String { check.isAccepted ? "accepted" : "rejected" }

    /// The answer of the listing for a file, if there is a listing.
    private func answer(_ file: ExpectedCredential) -> ListingComparison.Answer? {
        check.answers.first { $0.kind == file.kind }
    }

    // MARK: JSON

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.access-check/1")
        writer.member("use", question.use.rawValue)
        writer.member("secTag", Int64(question.secTag.rawValue))
        if let clientID {
            writer.member("clientId", clientID.withheld)
        }
        if let listing = question.listing {
            writer.key("listing")
            write(listing, &writer)
        }
        writer.key("files")
        writer.beginArray()
        for file in question.files { write(file, &writer) }
        writer.endArray()
        writer.member("verdict", verdict)
        writer.key("findings")
        writer.beginArray()
        for finding in check.findings { Self.write(finding, &writer) }
        writer.endArray()
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private func write(_ listing: CredentialListing, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("source", (source ?? "-").withheld)
        writer.key("credentials")
        writer.beginArray()
        for entry in listing.entries {
            writer.credential(entry.secTag, type: entry.type, digest: entry.digest)
        }
        writer.endArray()
        writer.endObject()
    }

    private func write(_ file: ExpectedCredential, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("file", file.file.withheld)
        writer.member("type", Int64(file.kind.rawValue))
        writer.member("kind", ascii: file.kind.name)
        if let answer = answer(file) {
            writer.member("state", answer.state.rawValue)
            if let form = answer.form {
                writer.member("form", form.rawValue)
            }
            if let place = answer.place {
                writer.member("foundSecTag", Int64(place.secTag.rawValue))
                writer.member("foundType", Int64(place.type))
            }
        }
        writer.endObject()
    }

    private static func write(_ finding: AccessFinding, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("severity", finding.severity.rawValue)
        writer.member("code", finding.code.rawValue)
        writer.member("observer", finding.observer.rawValue)
        if let file = finding.file {
            writer.member("file", file.withheld)
        }
        writer.member("message", finding.message.withheld)
        writer.endObject()
    }

    // MARK: Text

    var text: [UInt8] {
        var block = TextBlock()
        block.line("use", question.use.rawValue)
        block.line("security tag", question.secTag.description)
        if let clientID { block.line("client id", clientID.withheld) }
        if let listing = question.listing {
            block.line("listing", "\((source ?? "-").withheld), \(listing.entries.count) credentials")
        }
        for file in question.files {
            block.line(file.kind.title, "\(file.file.withheld)\(answer(file).map(Self.words) ?? "")")
        }
        block.line("verdict", verdict)
        for finding in check.findings {
            let file = finding.file.map { "\($0.withheld): " } ?? ""
            block.line(
                finding.severity.rawValue,
                "\(finding.code.rawValue): \(file)\(finding.message.withheld) (\(finding.observer.rawValue))")
        }
        return block.bytes
    }

    private static func words(_ answer: ListingComparison.Answer) -> String {
        let form = answer.form.map { $0 == .exact ? "" : " (\($0.rawValue))" } ?? ""
        return switch answer.state {
        case .present: ": present\(form)"
        case .lineEnds: ": present with other line ends\(form)"
        case .different: ": another text is in its place"
        case .absent: ": absent"
        case .elsewhere:
            ": elsewhere, under tag \(answer.place?.secTag.description ?? "?"), type "
                + "\(answer.place.map { String($0.type) } ?? "?")\(form)"
        case .notComparable: ": something is in its place; not comparable"
        }
    }
}

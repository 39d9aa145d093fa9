import Claims
import DeviceIdentity
import Diagnostics
import JSON

/// The bodies of bulk claims, each line with its row in the manifest.
final class ClaimPacker {
    private let folder: BatchFolder

    init(path: String, replaces: Bool) throws(ToolError) {
        folder = try BatchFolder(path: path, prefix: "claim", replaces: replaces)
    }

    var bodies: Int { folder.bodies }

    /// Adds the line of one device; answers where it went.
    func add(
        _ line: ArraySlice<UInt8>, _ claim: ExaminedClaim, source: SourceName
    ) throws(ToolError) -> BatchFolder.Place {
        try folder.add(line) { place, entry in
            entry.beginObject()
            entry.member("schema", ascii: "assay.claim-manifest/1")
            entry.member("file", place.file)
            entry.member("line", Int64(place.row))
            entry.key("input")
            entry.location(source, claim.line)
            if let device = claim.device {
                entry.member("deviceUuid", device.description)
            }
            entry.member("tokenSha256", hex: claim.fingerprint.bytes)
            entry.endObject()
            entry.newline()
        }
    }

    /// Makes the folder appear; without a row nothing appears.
    func commit() throws(ToolError) { try folder.commit() }
}

extension JSONWriter {
    /// The value of an `input` member.
    mutating func location(_ source: SourceName, _ line: Int) {
        beginObject()
        key("source")
        string(source.text)
        key("line")
        integer(Int64(line))
        endObject()
    }
}

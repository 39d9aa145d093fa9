import Access
import DeviceIdentity

/// What modems answer to `AT%CMNG=1`.
enum Listings {
    /// No credential stands twice, and what was read reads as the same when it is written as modems write it.
    static func check(_ bytes: [UInt8]) -> String? {
        guard let listing = try? CredentialListing(bytes) else { return nil }
        var slots: Set<[UInt32]> = []
        var text = "AT%CMNG=1\r\n"
        for entry in listing.entries {
            guard entry.digest.count == 32 else { return "a digest that is none" }
            guard slots.insert([entry.secTag.rawValue, entry.type]).inserted else { return "a slot twice" }
            text += "%CMNG: \(entry.secTag),\(entry.type),\"\(Hex.encode(entry.digest).uppercased())\"\r\n"
        }
        guard let again = try? CredentialListing(Array((text + "\r\nOK\r\n").utf8)),
            again.entries.elementsEqual(
                listing.entries,
                by: { ($0.secTag, $0.type) == ($1.secTag, $1.type) && $0.digest == $1.digest })
        else { return "a listing that reads as another when it is written again" }
        return nil
    }
}

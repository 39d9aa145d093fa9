import ArgumentParser
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import InputOutput
import Ledger
import Store

/// What a shell offers for a serial number: those in the ledger of the CA that `--ca` names, and files.
enum SerialCompletion {
    /// As many as anybody reads.
    private static let limit = 100
    /// Entries that are looked at for them: a shell waits.
    private static let reach = 20_000

    /// - Parameter status: of the certificates that are offered; all where it is nil.
    static func offering(_ status: IssuanceRecord.Status?) -> CompletionKind {
        .custom { words, _, prefix in
            let known = authority(in: words).map { serials(of: $0, prefix, status) } ?? []
            return known + files(prefix)
        }
    }

    private static func authority(in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word.hasPrefix("--ca=") { return String(word.dropFirst(5)) }
            if word == "--ca", index + 1 < words.count { return words[index + 1] }
        }
        return nil
    }

    /// None where the ledger cannot be read: nobody looks for an error in a list of suggestions.
    private static func serials(
        of folder: String, _ prefix: String, _ status: IssuanceRecord.Status?
    ) -> [String] {
        var found: [String] = []
        var filter = IssuanceFilter()
        filter.status = status
        var seen = 0
        // A pipe in the place of a file would be waited for.
        let place = CAFolder(path: folder)
        guard FileSystem.kind(of: place.certificateFile) == .file else { return [] }
        do throws(ToolError) {
            let ledger = try place.ledger()
            guard FileSystem.kind(of: ledger.path) == .file else { return [] }
            filter.authority = try TrustedAuthority.read(folder).identity
            let now = System.now()
            try ledger.open(.readOnly).forEachIssuance(filter, at: now) { record in
                seen += 1
                let serial = Hex.encode(record.serial)
                if serial.hasPrefix(prefix.lowercased()) { found.append(serial) }
                return found.count < limit && seen < reach
            }
        } catch {
            return []
        }
        return found
    }

    /// Bash runs what a suggestion holds in its own notation (`compgen -W`): names with anything of that are left out.
    private static func files(_ prefix: String) -> [String] {
        let end = prefix.lastIndex(of: "/")
        let folder = end.map { String(prefix[...$0]) } ?? ""
        let name = end.map { prefix[prefix.index(after: $0)...] } ?? prefix[...]
        let names = (try? FileSystem.names(in: folder.isEmpty ? "." : folder)) ?? []
        return names.filter { $0.hasPrefix(name) && (!$0.hasPrefix(".") || name.hasPrefix(".")) }
            .map { folder + $0 }.filter { $0.utf8.allSatisfy(isPlain) }.sorted()
    }

    private static func isPlain(_ octet: UInt8) -> Bool {
        0x30...0x39 ~= octet || 0x41...0x5a ~= octet || 0x61...0x7a ~= octet
            || "-_./+,:@%=".utf8.contains(octet)
    }
}

import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import OpenSSL
import PKIX

/// Reads a folder of identity keys: a file for each device, whose name is the device's UUID, with or without an ending.
enum KeyFolder {
    /// - Throws: ``ToolError`` with `csv`, `csr-key`, `key-conflict`, `pem` or `io`, and the file.
    static func read(path: String) throws(ToolError) -> [DeviceUUID: IdentityKey] {
        var keys: [DeviceUUID: IdentityKey] = [:]
        let walk = try FolderWalk(path)
        if let unreadable = walk.unreadable.first { throw unreadable.error }
        for file in walk.files {
            let name = file.utf8.lastIndex(of: UInt8(ascii: "/")).map { file[file.index(after: $0)...] }
            guard let name, let uuid = DeviceUUID(text: Array(name.utf8.prefix(36))[...]),
                name.utf8.count == 36 || name.utf8.dropFirst(36).first == UInt8(ascii: ".")
            else {
                throw ToolError(
                    .csv, "expected files that are named by device UUIDs, found another name",
                    context: [.init("file", file.escapedForTerminal)],
                    hint: "name each key <device UUID>.pem, or give a table of UUIDs and keys")
            }
            guard let key = try KeyFile.readPublic(try KeyFile.contents(of: file), file).p256 else {
                throw KeySource.notP256.at("file", file.escapedForTerminal)
            }
            let identity = IdentityKey(publicKey: key, trust: .given)
            if let known = keys.updateValue(identity, forKey: uuid), known != identity {
                throw ToolError(
                    .keyConflict, "two different keys for device \(uuid)",
                    context: [.init("file", file.escapedForTerminal)], hint: "keep one file a device")
            }
        }
        guard !keys.isEmpty else {
            throw ToolError(
                .csv, "expected keys in files that are named by device UUIDs, found an empty folder",
                context: [.init("file", path.escapedForTerminal)])
        }
        return keys
    }
}

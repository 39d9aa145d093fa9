import Glibc

public import Diagnostics

/// Finding a few octets among many.
public enum ByteSearch {
    /// The index of the first line feed in `bytes` at or after `start`.
    public static func firstLineFeed(in bytes: [UInt8], from start: Int) -> Int? {
        first(0x0a, in: bytes, from: start)
    }

    /// The index of the first `byte` in `bytes` at or after `start`.
    static func first(_ byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { text in
            guard let base = text.baseAddress, start >= 0, start < text.count,
                let found = memchr(base + start, Int32(byte), text.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Whether `needle` is in `bytes`. Fast where the last octet of `needle` is rare in them.
    public static func contains(_ needle: [UInt8], in bytes: [UInt8]) -> Bool {
        guard let last = needle.last else { return true }
        let length = needle.count
        return bytes.withUnsafeBytes { text in
            guard let start = text.baseAddress else { return false }
            var position = length - 1
            while position < text.count,
                let found = memchr(start + position, Int32(last), text.count - position)
            {
                position = UnsafeRawPointer(found) - start
                if memcmp(start + (position - length + 1), needle, length) == 0 { return true }
                position += 1
            }
            return false
        }
    }

    /// Whether one of `octets` is in `bytes`.
    public static func contains(anyOf octets: [UInt8], in bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { text in
            guard let start = text.baseAddress else { return false }
            return octets.contains { memchr(start, Int32($0), text.count) != nil }
        }
    }

    /// Whether `needle` is in the regular file at `path`; `false` for anything that can be read once only.
    ///
    /// - Throws: ``ToolError`` with code `io`.
    public static func contains(anyOf needles: [[UInt8]], inFile path: String) throws(ToolError) -> Bool {
        guard path != "-", FileSystem.kind(of: path) == .file else { return false }
        let source = try ByteSource(path: path)
        let longest = needles.map(\.count).max() ?? 0
        var bytes: [UInt8] = []
        while try source.read(into: &bytes, limit: 1 << 18) > 0 {
            if needles.contains(where: { contains($0, in: bytes) }) { return true }
            // One may lie across two blocks.
            bytes.removeFirst(max(bytes.count - max(longest - 1, 0), 0))
        }
        return false
    }
}

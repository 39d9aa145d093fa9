/// Makes a line feed of each carriage return that has none after it, as in files of old Macs and logs of terminals, in
/// a text that comes in blocks. CR LF stays what it is: what is kept of a file is kept as it was.
struct LineEnds {
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    /// Whether a carriage return waits for the byte after it.
    private var holdsReturn = false
    /// Whether the last one was given out as a line feed already, because nothing came after it.
    private var skipsFeed = false

    /// Puts what waits before the block that is about to be appended.
    mutating func beginBlock(_ buffer: inout [UInt8]) {
        if holdsReturn { buffer.append(Self.carriageReturn) }
        holdsReturn = false
    }

    /// Changes the block that begins at `start`.
    mutating func normalize(_ buffer: inout [UInt8], from start: Int, isMoreAtHand: Bool) {
        if skipsFeed, start < buffer.count {
            skipsFeed = false
            if buffer[start] == Self.lineFeed { buffer.remove(at: start) }
        }
        var position = start
        while let found = ByteSearch.first(Self.carriageReturn, in: buffer, from: position) {
            if found + 1 < buffer.count {
                if buffer[found + 1] != Self.lineFeed { buffer[found] = Self.lineFeed }
            } else if isMoreAtHand {
                buffer.removeLast()
                holdsReturn = true
                return
            } else {
                buffer[found] = Self.lineFeed
                skipsFeed = true
            }
            position = found + 1
        }
    }
}

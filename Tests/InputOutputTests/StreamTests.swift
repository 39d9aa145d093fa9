import Diagnostics
import Foundation
@testable import InputOutput
import TestFleet
import Testing

/// Descriptors that came from elsewhere: set not to block, or of a folder.
@Suite struct StreamTests {
    private func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Foundation.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    private func stopBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// A reader that is slower than the pipe is long loses nothing.
    @Test func aFullPipeIsWaitedFor() throws {
        let ends = try pipe()
        stopBlocking(ends.write)
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let reader = SlowReader(ends.read, after: 0.2)
        try writeAll(ends.write, bytes, name: "the pipe")
        close(ends.write)
        #expect(reader.result() == bytes)
    }

    @Test func anEmptyPipeIsWaitedFor() throws {
        let ends = try pipe()
        stopBlocking(ends.read)
        let source = ByteSource(descriptor: ends.read, name: "the pipe")
        let writer = Thread {
            Thread.sleep(forTimeInterval: 0.2)
            _ = write(ends.write, "late", 4)
            close(ends.write)
        }
        writer.start()
        #expect(try source.readAll(limit: 100) == Array("late".utf8))
        close(ends.read)
    }

    /// What hands a passphrase over may be a socket, or a file that was read in part.
    @Test func aSecretComesFromTheDescriptorItself() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        _ = write(ends[1], "open sesame\nrest", 16)
        close(ends[1])
        #expect(try SecretInput.firstLine(ofDescriptor: ends[0]) == Array("open sesame".utf8))
        close(ends[0])
        let folder = try WorkFolder()
        let file = open(try folder.write("first\nsecond\n", to: "secrets"), O_RDONLY)
        var line = [UInt8](repeating: 0, count: 6)
        #expect(read(file, &line, 6) == 6)
        #expect(try SecretInput.firstLine(ofDescriptor: file) == Array("second".utf8))
        close(file)
        #expect(throws: ToolError.self) { try SecretInput.firstLine(ofDescriptor: 9_999) }
    }

    @Test func anErrorIsStillAnError() throws {
        let ends = try pipe()
        stopBlocking(ends.write)
        close(ends.read)
        signal(SIGPIPE, SIG_IGN)
        let error = #expect(throws: ToolError.self) { try writeAll(ends.write, [1], name: "the pipe") }
        #expect(error?.code == .io && error?.message == "cannot write: broken pipe")
        close(ends.write)
    }

    /// The descriptor of a folder is closed once: a second time it may be another thread's file.
    @Test func aRefusedFolderIsClosedOnce() throws {
        let folder = try WorkFolder()
        let path = folder.url.path
        let stop = AtomicFlag()
        let thread = Thread {
            while !stop.isSet { _ = try? ByteSource(path: path) }
            stop.acknowledge()
        }
        thread.start()
        var stolen = 0
        for _ in 0..<200_000 {
            let descriptor = open("/dev/null", O_RDONLY)
            if close(descriptor) != 0 { stolen += 1 }
        }
        stop.set()
        #expect(stolen == 0)
    }
}

/// A flag that two threads share.
private final class AtomicFlag: @unchecked Sendable {
    // Every property is touched only while `lock` is held.
    private let lock = NSCondition()
    private var value = false
    private var ended = false

    var isSet: Bool {
        lock.lock()
        defer { lock.unlock() }
        return value
    }

    func acknowledge() {
        lock.lock()
        ended = true
        lock.signal()
        lock.unlock()
    }

    /// Sets the flag and waits for the other thread's answer.
    func set() {
        lock.lock()
        value = true
        while !ended { lock.wait() }
        lock.unlock()
    }
}

/// Reads a descriptor to its end on a thread of its own.
private final class SlowReader: @unchecked Sendable {
    // `bytes` is written before `done` is signalled and read after it was waited for.
    private var bytes: [UInt8] = []
    private let done = DispatchSemaphore(value: 0)

    init(_ descriptor: Int32, after delay: TimeInterval) {
        let thread = Thread {
            Thread.sleep(forTimeInterval: delay)
            var block = [UInt8](repeating: 0, count: 4096)
            while case let count = read(descriptor, &block, block.count), count > 0 {
                self.bytes += block[..<count]
            }
            close(descriptor)
            self.done.signal()
        }
        thread.start()
    }

    func result() -> [UInt8] {
        done.wait()
        return bytes
    }
}

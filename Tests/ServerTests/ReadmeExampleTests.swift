import Foundation
import TestFleet
import TestSupport
import Testing

/// The lines of the front page that lead from a clone to a claimed device.
@Suite struct ReadmeExampleTests {
    @Test func fromCloneToClaimedDevice() throws {
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]
        guard ChildProcess.find("curl", in: environment, from: URL(fileURLWithPath: "/")) != nil else {
            try Skip.test("curl is not installed")
        }
        let page = try String(
            contentsOf: TestPaths.root.appendingPathComponent("README.md"), encoding: .utf8)
        let mark = "ReadmeExampleTests.swift runs these lines but the first. -->\n```sh\n"
        let start = try #require(page.range(of: mark))
        let end = try #require(page.range(of: "```\n", range: start.upperBound..<page.endIndex))
        let lines = page[start.upperBound..<end.lowerBound].split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines[0].hasPrefix("make release service"))
        // The programs that were built beside the tests, and a port that is free.
        let folder = try WorkFolder()
        try FileManager.default.createSymbolicLink(
            at: folder.url.appendingPathComponent("fixtures"), withDestinationURL: TestPaths.fixtures)
        let port = try FreePort.number()
        let script =
            (["PATH=\(TestPaths.service.deletingLastPathComponent().path):$PATH", "trap 'kill $!' EXIT"]
            + lines.dropFirst(2).map { $0.replacingOccurrences(of: "8080", with: "\(port)") })
            .joined(separator: "\n")
        let outcome = try ChildProcess(
            ["sh", "-c", script], in: folder.url, environment: environment, input: Data(), limit: 60
        ).run()
        let text = String(decoding: outcome.standardOutput, as: UTF8.self)
        #expect(outcome.status == 0, "\(String(decoding: outcome.standardError, as: UTF8.self))")
        #expect(text.contains("\"assayd.listening/1\""))
        let devices = text.components(separatedBy: #"{"id":"50363154-3931-44f0-8022-121b6401627d""#)
        #expect(devices.count == 3, "\(text)")
        #expect(devices.dropFirst().allSatisfy { $0.contains(#""status":"READY""#) }, "\(text)")
    }
}

/// A port of loopback that nobody listens on.
enum FreePort {
    static func number() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        return UInt16(bigEndian: address.sin_port)
    }
}

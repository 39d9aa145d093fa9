import Foundation
import InputOutput
import TestFleet
import TestSupport
import Testing

/// A modem at a serial line that provisions itself at a service while its host takes it off line and back.
@Suite("Provisioning over the serial line", .serialized)
struct HostedProvisioningTests {
    /// What the line says until `end`.
    private func listen(_ port: SerialPort, until end: String, seconds: UInt64 = 60) throws -> String {
        var octets: [UInt8] = []
        let limit = System.monotonicNanoseconds() + seconds * 1_000_000_000
        while !String(decoding: octets, as: UTF8.self).hasSuffix(end) {
            guard try port.read(into: &octets, until: limit, heedsSignals: false) else { break }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private func say(_ text: String, _ port: SerialPort, until end: String) throws -> String {
        try port.write(
            Array((text + "\r\n").utf8), until: System.monotonicNanoseconds() + 5_000_000_000,
            heedsSignals: false)
        return try listen(port, until: end)
    }

    @Test(arguments: ServiceUnderTest.Transport.allCases)
    func hostOfAModem(_ transport: ServiceUnderTest.Transport) async throws {
        let service = try ServiceUnderTest(seed: "hosted", devices: 1, by: transport)
        let trust = transport == .coap ? ["--root-ca", "data/tls.crt"] : []
        let line = try SerialPortUnderTest(
            seed: "hosted", in: service.folder, options: ["--service", service.deviceURL] + trust)
        let port = try SerialPort(path: line.path, baud: 115_200)
        #expect(
            try say("AT#XNRFPROV", port, until: "PROV: -2\r\n") == "OK\r\n\r\n#XNRFPROV: -2\r\n")
        let device = try #require(try await service.claim().first)
        try await service.add(#"{"clientPrivateKeyGeneration":{"secTag":7}}"#, to: device)
        try await service.add(#"{"finished":{}}"#, to: device)
        #expect(try say("AT#XNRFPROV", port, until: "PROV: 1\r\n") == "OK\r\n\r\n#XNRFPROV: 1\r\n")
        #expect(
            try say("AT+CFUN=4", port, until: "PROV: 2\r\n") == "+CEREG: 0\r\nOK\r\n\r\n#XNRFPROV: 2\r\n")
        #expect(
            try say("AT+CFUN=1", port, until: "PROV: 0\r\n") == "+CEREG: 2\r\nOK\r\n\r\n#XNRFPROV: 0\r\n")
        #expect(try await service.status(device) == "PROVISIONED")
        #expect(try say("AT%CMNG=1,7", port, until: "OK\r\n").hasPrefix("%CMNG: 7,2,\""))
        // Nothing waits any more.
        #expect(try say("AT#XNRFPROV", port, until: "PROV: 0\r\n") == "OK\r\n\r\n#XNRFPROV: 0\r\n")
        _ = try line.end()
    }
}

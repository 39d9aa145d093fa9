import Foundation
import TestFleet
import TestSupport
import Testing

/// Many clients at once.
@Suite(.serialized) struct CrowdTests {
    /// 200 operators who write at the same moment, while keys are made beside the service: one writer, so that nobody is
    /// told that the file is in use, and nothing is lost.
    @Test func nobodyFindsTheFileLocked() throws {
        let service = try RunningService()
        let owner = try service.makeKey("owner")
        let other = try (0..<4).map { number in
            try Program(
                TestPaths.service,
                ["key", "create", "--data", "data", "--role", "viewer", "--name", "k\(number)"],
                in: service.folder.url)
        }
        let connections = try (0..<200).map { _ in try service.connect() }
        for round in 0..<3 {
            for (number, connection) in connections.enumerated() {
                let body = #"{"tag":"t\#(round)-\#(number)"}"#
                try connection.send(
                    "POST /v1/provisioning/tags HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(owner)\r\n"
                        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
            }
            for connection in connections { #expect(try connection.readAnswer().status == 201) }
        }
        for program in other { #expect(try program.wait(limit: 20).status == 0) }
        let tags = try service.ask(as: owner, "GET", "/provisioning/tags?pageLimit=1000").json()["items"]
        #expect((tags as? [Any])?.count == 600)
        #expect(try service.ask("GET", "/metrics").text.contains("\nassayd_faults_total 0\n"))
    }

    /// More than the service works on: each is answered, an operator with 503 and when to come back at the worst.
    @Test func moreThanCanBeWorkedOn() throws {
        let service = try RunningService()
        let owner = try service.makeKey("owner")
        let connections = try (0..<600).map { _ in try service.connect() }
        for connection in connections {
            try connection.send(
                "GET /v1/claimed-devices HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(owner)\r\n\r\n")
        }
        for connection in connections {
            let answer = try connection.readAnswer()
            #expect([200, 503].contains(answer.status))
            if answer.status == 503 {
                #expect(answer.header("Retry-After") == "2")
                #expect(answer.message?.isEmpty == false)
            }
        }
        #expect(try service.ask("GET", "/readyz").status == 200)
    }
}

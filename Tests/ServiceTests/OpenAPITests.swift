import Foundation
import JSON
import ProvisioningAPI
import ProvisioningCommands
import ProvisioningState
import TestSupport
import Testing

@testable import Service

/// The published description of the REST interface says what the tables in the code say.
@Suite struct OpenAPITests {
    private let document: JSONValue

    init() throws {
        let file = TestPaths.root.appendingPathComponent("openapi/assayd-1.json")
        document = try JSONValue(parsing: [UInt8](try Data(contentsOf: file)))
    }

    @Test func `each row of the routing table is described, and nothing else`() throws {
        var described: [String: String] = [:]
        for path in document["paths"]?.objectValue?.members ?? [] {
            for operation in path.value.objectValue?.members ?? [] {
                let id = operation.value["operationId"]?.stringValue ?? ""
                let evidence = operation.value["x-evidence"]?.stringValue ?? ""
                described["\(operation.name.uppercased()) \(path.name)"] = "\(id) \(evidence)"
            }
        }
        var expected: [String: String] = [:]
        for row in RoutingTable.rows {
            let id = row.template == "/identities/claimed-devices" ? "claimByGuide" : row.route.rawValue
            expected["\(row.method) \(row.template)"] = "\(id) \(row.evidence)"
        }
        #expect(described == expected)
    }

    @Test func `a path that is written out is nothing else`() {
        let bulk = RoutingTable.match(method: "DELETE", path: "/v1/claimed-devices/bulk")
        #expect(bulk == .otherMethods(["POST"]))
        #expect(
            RoutingTable.match(method: "GET", path: "/v1/claimed-devices/a%2Fb")
                == .found(.getDevice, parameters: ["a/b"]))
        for path in [
            "/v1", "/v1/", "/v1/claimed-devices/", "/claimed-devices", "/v1/claimed-devices/%zz", "",
        ] {
            #expect(RoutingTable.match(method: "GET", path: path) == .unknown, "\(path)")
        }
        for row in RoutingTable.rows {
            let names = row.template.split(separator: "/").filter { $0.hasPrefix("{") }
            let parameters = names.indices.map { "x\($0)" }
            var path = RoutingTable.prefix + row.template
            for (name, parameter) in zip(names, parameters) {
                path = path.replacing(name, with: parameter, maxReplacements: 1)
            }
            #expect(
                RoutingTable.match(method: row.method, path: path)
                    == .found(row.route, parameters: parameters))
        }
        #expect(
            RoutingTable.request(.skipCommand, "a", "b/c")?.path.hasSuffix("/a/provisioning/b%2Fc/skip")
                == true)
        #expect(RoutingTable.request(.skipCommand, "a") == nil)
    }

    private func values(_ schema: String, _ member: String) -> [String] {
        document["components"]?["schemas"]?[schema]?["properties"]?[member]?["enum"]?.arrayValue?.compactMap(
            \.stringValue) ?? []
    }

    @Test func `the words of states and reasons are the code's`() {
        #expect(Set(values("Device", "status")) == Set(DeviceStatus.allCases.map(\.rawValue)))
        #expect(Set(values("Command", "status")) == Set(CommandStatus.allCases.map(\.rawValue)))
        #expect(Set(values("Diagnosis", "reason")) == Set(Diagnosis.Reason.allCases.map(\.rawValue)))
        #expect(Set(values("Account", "role")) == Set(Role.allCases.map(\.rawValue)))
        let kinds = document["components"]?["schemas"]?["Request"]?["oneOf"]?.arrayValue?.compactMap {
            $0["required"]?.arrayValue?.first?.stringValue
        }
        #expect(Set(kinds ?? []) == Set(CommandRequest.Kind.allCases.map(\.rawValue)))
    }
}

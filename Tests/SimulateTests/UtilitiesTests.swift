import Foundation
import TestFleet
import TestSupport
import Testing

/// The vendor's own utilities (nrfcloud-utils of `scripts/requirements.txt`), unchanged, at this service.
@Suite("The nRF Cloud utilities at a service", .serialized)
struct UtilitiesTests {
    private static let names = ["api.provisioning.nrfcloud.com", "api.nrfcloud.com"]

    private static func peer(_ name: String) -> String {
        TestPaths.root.appendingPathComponent("fixtures/peers/\(name)").path
    }

    /// What every call of the module says, on its own line.
    private static func calls(_ device: String) -> String {
        """
        ["can_device_be_claimed", true, null]
        ["claim_device", 201, null]
        ["can_device_be_claimed", true]
        ["bulk_claim_devices", 201, ["\(device)"]]
        ["create_provisioning_cmd_csr", 201, "PENDING"]
        ["create_provisioning_cmd_client_cert", 201, "PENDING"]
        ["create_provisioning_cmd_server_cert", 201, "PENDING"]
        ["create_provisioning_cmd_finished", 201, "PENDING"]
        ["get_provisioning_cmd", 200, "PENDING"]
        ["list_provisioning_rules", 200, [["nrf-cloud-onboarding"]]]
        ["list_provisioning_tags", 200, null]
        ["unclaim_device", 204, null]
        ["can_device_be_claimed", false, "expected an API key in force, found another"]

        """
    }

    /// With the vendor's host names, through a proxy: the utilities do not know that they speak to somebody else.
    @Test func workThroughAProxyAsTheyAre() throws {
        let python = URL(fileURLWithPath: try Peers.python())
        let certificates = try WorkFolder()
        try ServerCertificate.make(for: Self.names, in: certificates)
        let service = try ServiceUnderTest(
            seed: "utilities", devices: 3,
            options: [
                "--tls-cert", certificates.path("server.crt"), "--tls-key", certificates.path("server.key"),
            ])
        let port = try #require(service.url.split(separator: ":").last)
        let proxy = try ConnectProxy(to: port, python)
        let environment = [
            "HTTPS_PROXY": proxy.url, "REQUESTS_CA_BUNDLE": certificates.path("server.crt"),
        ]
        let rows = try service.rows("attestation_tokens.csv")
        let output = try ServiceUnderTest.run(
            python,
            [
                Self.peer("utilities-calls.py"), service.key, rows[0][2], rows[0][1],
                certificates.path("server.crt"),
            ], service.folder, environment: environment)
        #expect(output == Self.calls(rows[0][1]))

        // Its exit status is 0 whatever happens: its last words and the service's devices tell.
        let arguments = [
            "-m", "nrfcloud_utils.claim_devices", "--csv", "fleet/attestation_tokens.csv", "--api-key",
            service.key, "--provisioning-tags", "line-1,bench", "--plain",
        ]
        let claimed = try Program(python, arguments, in: service.folder.url, environment: environment)
            .wait(limit: 60)
        #expect(claimed.status == 0)
        #expect((claimed.output + claimed.errors).contains("Done. 3 of 3 devices claimed."))
        let listed = try ServiceUnderTest.run(
            program: "curl",
            [
                "-sS", "--cacert", certificates.path("server.crt"), "--connect-to",
                "\(Self.names[0]):443:127.0.0.1:\(port)", "-H", "Authorization: Bearer \(service.key)",
                "https://\(Self.names[0])/v1/claimed-devices",
            ], service.folder)
        for row in rows { #expect(listed.contains("\"\(row[1])\"")) }
        #expect(listed.components(separatedBy: #""tags":["line-1","bench"]"#).count - 1 == 3)
    }

    @Test func workWithTheirBaseAddressSet() throws {
        let python = URL(fileURLWithPath: try Peers.python())
        let service = try ServiceUnderTest(seed: "base", devices: 1)
        try ServerCertificate.make(for: Self.names, in: service.folder)
        let row = try #require(try service.rows("attestation_tokens.csv").first)
        let output = try ServiceUnderTest.run(
            python,
            [
                Self.peer("utilities-calls.py"), service.key, row[2], row[1], "server.crt",
                service.url + "/v1/",
            ], service.folder)
        #expect(output == Self.calls(row[1]))
    }
}

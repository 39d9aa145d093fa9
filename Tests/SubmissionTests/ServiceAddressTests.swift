import Diagnostics
import ProvisioningAPI
import Submission
import Testing

@Suite struct ServiceAddressTests {
    @Test(arguments: [
        ("https://API.example.com:443/v1/", "https://api.example.com"),
        ("https://api.example.com/service/v1", "https://api.example.com/service"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"), ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("nrfcloud", "https://api.provisioning.nrfcloud.com"),
    ])
    func oneServiceHasOneForm(_ text: String, _ expected: String) throws {
        #expect(try ServiceAddress(text).provisioning == expected)
    }

    @Test func thePublicServiceHasANeighbour() throws {
        let address = try ServiceAddress("https://api.provisioning.dev.nrfcloud.com/v1/")
        #expect(address.core == "https://api.dev.nrfcloud.com")
        #expect(address.request(.getAccount)?.url == "https://api.dev.nrfcloud.com/v1/account")
        #expect(
            address.request(.claim)?.url == "https://api.provisioning.dev.nrfcloud.com/v1/claimed-devices")
        #expect(try ServiceAddress("http://127.0.0.1:1").core == "http://127.0.0.1:1")
    }

    @Test(arguments: [
        "api.example.com", "ftp://a", "https://", "https://key@host", "https://a?b", "http://example.com",
        "http://127.0.0.1.example.com", "https://a b",
    ])
    func refusesOthers(_ text: String) {
        #expect(throws: ToolError.self) { try ServiceAddress(text) }
    }
}

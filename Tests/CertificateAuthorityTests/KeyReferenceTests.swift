import Diagnostics
import Keys
import Testing

@Suite struct KeyReferenceTests {
    @Test(arguments: ["ca.key", "-", "./pkcs11:token=ca", "/keys/pkcs11:", "pkcs11", ""])
    func aPathIsAFile(_ text: String) throws { #expect(try KeyReference(text) == .file(text)) }

    @Test(arguments: ["pkcs11:token=ca;object=key", "PKCS11:", "Pkcs11:id=%01"])
    func aKeyInAModuleIsToldApart(_ text: String) {
        let error = #expect(throws: ToolError.self) { _ = try KeyReference(text) }
        #expect(error?.code == .usage)
        #expect(error?.message.contains("PKCS #11 URI") == true)
    }
}

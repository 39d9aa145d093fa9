import Testing

@testable import Intake

/// What has the shape of an input is an input, whatever stands around it.
@Suite struct LineShapeTests {
    private static let token =
        "2dn3hQFQ" + String(repeating: "A", count: 80) + "." + String(repeating: "B", count: 120)
    private static let forged =
        String(repeating: "Zm9y", count: 20) + "." + String(repeating: "Z2Vk", count: 30)
    private static let uuid = "50363154-3931-44f0-8022-121b6401627d"

    private static func shape(_ text: String) -> LineShape { LineShape(Array(text.utf8)[...]) }

    private static func name(_ shape: LineShape) -> String {
        switch shape {
        case .answer(let text): "answer \(text.count)"
        case .token(let text): "token \(text.count)"
        default: "\(shape)"
        }
    }

    @Test(arguments: [token, forged])
    func tellsInputsFromNoise(_ token: String) {
        let length = token.utf8.count
        let cases: [(String, String)] = [
            ("", "blank"), (" \t\r", "blank"), ("OK", "noise"), ("nrfutil.device version 2.3.1", "noise"),
            (token, "token \(length)"), ("  \(token)\r", "token \(length)"),
            ("\"\(token)\"", "token \(length)"),
            ("%ATTESTTOKEN: \"\(token)\"", "answer \(length)"),
            ("[00:01] rx %KEYGEN: \"\(token)\"\r", "answer \(length)"),
            ("# the token was \(token)", "token \(length)"), ("log: '\(token)' ok", "token \(length)"),
            ("\(token) \(token)", "several"), ("%ATTESTTOKEN: \"\(token)\" \(token)", "several"),
            ("%ATTESTTOKEN: \"\(token)\" %ATTESTTOKEN: \"\(token)\"", "several"),
            ("352656100367872,\(Self.uuid),\(token),2026", "embedded"), ("\(token),tag", "embedded"),
            ("{\"token\":\"\(token)\"}", "embedded"), ("{\"log\":\"%ATTESTTOKEN: \(token)\"}", "embedded"),
            ("  \"attestationToken\": \"\(token)\",", "embedded"), ("  \"token\" : \"\(token)\"", "embedded"),
            ("\(Self.uuid): \(token)", "embedded"), ("%ATTESTTOKEN: \"\(token)\" # \(Self.uuid)", "embedded"),
            ("%ATTESTTOKEN: \"\(token)", "cutAnswer"), ("-----BEGIN CERTIFICATE REQUEST-----", "pemBegin"),
        ]
        for (text, expected) in cases { #expect(Self.name(Self.shape(text)) == expected, "\(text)") }
    }
}

import Foundation
import PKIX
import Testing

@Suite struct InternetTimeTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2024-01-01T00:00:00+00:00", 1_704_067_200),
            ("2024-02-29T23:59:59Z", 1_709_251_199), ("2000-03-01T01:30:00+01:30", 951_868_800),
            ("1969-12-31T23:59:59Z", -1), ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("2024-01-01t00:00:00.999z", 1_704_067_200),
            ("9999-12-31T23:59:59-23:59", 253_402_387_139),
        ] as [(String, Int64)])
    func reads(text: String, seconds: Int64) {
        #expect(InternetTime.seconds(text) == seconds)
    }

    @Test func agreesWithFoundationOnEveryDayOfFourCenturies() throws {
        let formatter = ISO8601DateFormatter()
        for day in stride(from: Int64(-135_140), to: 12_000, by: 13) {
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(day * 86_400 + 4_711)))
            #expect(InternetTime.seconds(text) == day * 86_400 + 4_711)
        }
    }

    @Test(arguments: [
        "", "2024", "2024-01-01T00:00:00", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-04-31T00:00:00Z", "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+0000x",
        "2024-01-0aT00:00:00Z",
        "+024-01-01T00:00:00Z", "2024-01-01T00:00:00=00:00",
    ])
    func refuses(text: String) {
        #expect(InternetTime.seconds(text) == nil)
    }
}

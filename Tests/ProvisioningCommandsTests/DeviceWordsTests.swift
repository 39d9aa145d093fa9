import DeviceIdentity
import Diagnostics
import Testing

@Suite struct DeviceWordsTests {
    @Test func deviceUUIDReadsBothCasesAndWritesLowerCase() throws {
        let uuid = try DeviceUUID(text: "5034394C-3132-4d31-80aa-1C2B3D4E5F60")
        #expect(uuid.description == "5034394c-3132-4d31-80aa-1c2b3d4e5f60")
        #expect(uuid.high == 0x5034_394c_3132_4d31 && uuid.low == 0x80aa_1c2b_3d4e_5f60)
        #expect(DeviceUUID(bytes: uuid.bytes[...]) == uuid)
        #expect(DeviceUUID(bytes: ([7] + uuid.bytes)[1...]) == uuid)
        #expect(DeviceUUID(bytes: uuid.bytes[1...]) == nil)
        #expect(uuid.bytes.count == 16 && uuid.bytes.first == 0x50 && uuid.bytes.last == 0x60)
    }

    @Test(arguments: [
        "", "5034394c31324d3180aa1c2b3d4e5f60", "5034394c-3132-4d31-80aa-1c2b3d4e5f6",
        "5034394c-3132-4d31-80aa-1c2b3d4e5f600", "5034394c-3132-4d31-80aa-1c2b3d4e5fg0",
        "{5034394c-3132-4d31-80aa-1c2b3d4e5f60}", "5034394c-3132-4d31-80aa_1c2b3d4e5f60",
        "503439-4c3132-4d31-80aa-1c2b3d4e5f60",
    ])
    func deviceUUIDRefusesOtherText(text: String) {
        let error = #expect(throws: ToolError.self) { try DeviceUUID(text: text) }
        #expect(error?.code == .usage)
    }

    @Test func secTagsKnowTheirRanges() throws {
        #expect(try SecTag(text: "16842753") == .nrfCloud)
        #expect(try SecTag(text: "0").rawValue == 0)
        #expect(try SecTag(text: "4294967295").isReservedForModem)
        #expect(!SecTag(2_147_483_647).isReservedForModem && SecTag(2_147_483_648).isReservedForModem)
        #expect(SecTag(2_147_483_648).isForTests && SecTag(2_147_483_667).isForTests)
        #expect(!SecTag(2_147_483_668).isForTests && !SecTag(2_147_483_647).isForTests)
        #expect(SecTag(2) < SecTag(10) && SecTag(10).description == "10")
        for wrong in ["", "-1", "+1", "01", "1 ", "0x1", "4294967296", "99999999999999999999", "１"] {
            #expect(throws: ToolError.self) { try SecTag(text: wrong) }
        }
    }
}

import COSE
import Testing

@Suite struct SigStructureTests {
    @Test func encodesAsRFC9052() {
        #expect(
            SigStructure.encode(protected: octets("a10126")[...], externalAAD: [], payload: .bytes([1, 2]))
                == octets("84 6a5369676e617475726531 43a10126 40 420102"))
        #expect(
            SigStructure.encode(protected: [], externalAAD: [9], payload: .null)
                == octets("84 6a5369676e617475726531 40 4109 f6"))
        let long = [UInt8](repeating: 5, count: 300)
        #expect(
            SigStructure.encode(protected: [], externalAAD: long[...], payload: .bytes(long[..<24]))
                == octets("84 6a5369676e617475726531 40 59012c") + long + octets("5818") + long.prefix(24))
    }
}

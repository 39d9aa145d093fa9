import DeviceIdentity
import Testing

@Suite struct OctetSearchTests {
    @Test func findsWhatASearchOctetByOctetFinds() {
        // Neighbours of the octet in question, and of its top bit: what a carry could mistake for it.
        let fillers: [UInt8] = [0, 1, 0x2d, 0x2f, 0x7f, 0x80, 0xae, 0xaf, 0xff]
        for filler in fillers {
            for length in 0..<40 {
                let plain = [UInt8](repeating: filler, count: length)
                #expect(OctetSearch.firstIndex(of: 0x2e, in: plain[...]) == nil)
                for place in 0..<length {
                    var text = plain
                    text[place] = 0x2e
                    if place + 1 < length { text[place + 1] = 0x2f }
                    if place + 2 < length { text[length - 1] = 0x2e }
                    for start in 0...min(place + 1, 9) {
                        let slice = text[start...]
                        #expect(OctetSearch.firstIndex(of: 0x2e, in: slice) == slice.firstIndex(of: 0x2e))
                    }
                }
            }
        }
        #expect(OctetSearch.firstIndex(of: 0, in: [0x80, 0, 1]) == 1)
    }
}

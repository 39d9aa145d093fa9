import FuzzTargets
import Testing

/// Sound datagrams keep the rules too, and so do their beginnings and each of their octets changed.
@Test(arguments: [
    // GET p/cmd with Block2, POST p/rsp with Block1 and a body, a ping, an acknowledgement with an answer.
    "48027d360102030405060708b170036a7274d10e0cff6162", "42010002aabbb170036362c6c104", "40000001",
    "60457d35c13c51ff80", "001248030003000102030405060708b3727370c10cff6100044000ffff",
])
func datagramsKeepTheRules(hexadecimal: String) {
    let digits = Array(hexadecimal)
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count - 1, by: 2) {
        bytes.append(UInt8(String(digits[place...(place + 1)]), radix: 16) ?? 0)
    }
    for length in 0...bytes.count {
        #expect(FuzzTarget.datagram.check(Array(bytes.prefix(length))) == nil)
    }
    for place in bytes.indices {
        for value in [0, 0x0f, 0x7f, 0xd0, 0xe0, 0xf0, 0xff] as [UInt8] {
            var changed = bytes
            changed[place] = value
            #expect(FuzzTarget.datagram.check(changed) == nil)
        }
    }
}

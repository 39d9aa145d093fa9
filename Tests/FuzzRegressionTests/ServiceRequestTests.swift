import FuzzTargets
import Testing

/// Sound requests keep the rules too, and so do their beginnings.
@Test(arguments: [
    "/v1/claimed-devices/00000000-0000-0000-0000-000000000001/provisioning/%20x", "/v1/provisioning/commands",
    "00000000-0000-0000-0000-000000000001.ffffff.s",
    "%KEYGEN: \"AAAAAAAAAAAAAAAA.BBBBBBBBBBBBBBBB\"\r\nOK\r\n",
    "+CME ERROR: 99999999999", #"{"claimToken":"x","tags":["a","b","a"]}"#,
    #"{"name":"n","active":true,"tags":["t"],"commands":[{"request":{"finished":{}}}]}"#, "[\"t\"]",
])
func serviceRequestsKeepTheRules(text: String) {
    let bytes = Array(text.utf8)
    for length in 0...bytes.count {
        #expect(FuzzTarget.serviceRequest.check(Array(bytes.prefix(length))) == nil)
    }
}

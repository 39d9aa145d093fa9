import Foundation
import TestFleet
import TestSupport
import Testing

/// `access check` beside an MQTT broker: what it calls good connects, and what it calls bad does not.
@Suite(.serialized) struct AccessTests {
    /// What a broker sees of what is wrong.
    enum Sight: Sendable {
        /// It takes the device.
        case connects
        /// It turns the device away, or the device's own TLS library does.
        case refuses
        /// It takes the device although an RFC or another broker does not: this one looks less closely.
        case overlooks
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let sight: Sight
        /// Code and observer of each error and warning, in their order.
        var findings: [String]
        var certificate: String
        var key: String
        var clientID = "device"

        var testDescription: String { name }

        init(
            _ name: String, _ sight: Sight, _ findings: [String] = [], certificate: String? = nil,
            key: String? = nil,
            clientID: String = "device"
        ) {
            self.name = name
            self.sight = sight
            self.findings = findings
            self.certificate = certificate ?? name
            self.key = key ?? name
            self.clientID = clientID
        }
    }

    static let cases = [
        Case("direct", .connects), Case("bare", .connects),
        Case("chained", .connects, ["warning chain modem"]),
        Case("rsa", .connects, ["warning csr-key modem"]), Case("p384", .connects, ["warning csr-key modem"]),
        Case(
            "disordered", .connects, ["warning chain modem", "warning chain broker"],
            certificate: "disordered",
            key: "deep"),
        Case("authority", .connects, ["warning chain broker"]),
        Case("foreign key", .refuses, ["error key-mismatch broker"], certificate: "direct", key: "bare"),
        Case(
            "foreign id", .refuses, ["error client-id broker"], certificate: "direct", key: "direct",
            clientID: "Device"),
        Case("nameless", .refuses, ["error client-id broker"]),
        Case("expired", .refuses, ["error validity broker"]),
        Case("early", .refuses, ["error validity broker"]),
        Case(
            "no intermediate", .refuses, ["error chain broker"], certificate: "chained-alone", key: "chained"),
        Case("foreign", .refuses, ["error chain broker"]),
        Case(
            "not first", .refuses, ["warning chain modem", "error chain broker"], certificate: "not-first",
            key: "chained"),
        Case(
            "below no CA", .refuses, ["warning chain modem", "error chain broker"],
            certificate: "below-plain",
            key: "below-plain"),
        Case(
            "below one that may not sign", .refuses, ["warning chain modem", "error chain broker"],
            certificate: "below-mute", key: "below-mute"),
        Case(
            "below an expired CA", .refuses, ["warning chain modem", "error validity broker"],
            certificate: "below-old", key: "below-old"),
        Case("server", .refuses, ["error chain broker"]),
        Case("encipherer", .refuses, ["error chain broker"]),
        Case("small", .refuses, ["error csr-key broker"]),
        Case("sha1", .refuses, ["error chain broker"]),
        // A broker that takes the first of two names, and any kind of key that OpenSSL knows.
        Case("two names", .overlooks, ["error client-id broker"], certificate: "two-names", key: "two-names"),
    ]

    /// Files that only a modem minds: the broker is shown the same certificate and takes it. What is said of a listing
    /// (credential-missing, credential-mismatch, sec-tag, listing) no broker can see; `AccessTests` of the module has those.
    static let modemOnly = [
        Case("curve25519", .connects, ["error csr-key modem"]),
        Case("crlf", .connects, ["error pem modem"], key: "direct"),
        Case("no end", .connects, ["error pem modem"], certificate: "no-end", key: "direct"),
        Case("two ends", .connects, ["warning pem modem"], certificate: "two-ends", key: "direct"),
        Case("text", .connects, ["warning pem modem"], key: "direct"),
        Case(
            "quotation", .connects, ["error pem modem", "warning pem modem"], certificate: "quotation",
            key: "direct"),
        Case("long", .connects, ["warning command-limit modem", "warning pem modem"], key: "direct"),
        Case("combined", .connects, ["error pem modem", "error pem modem"], key: "none"),
    ]

    // MARK: Material

    /// Makes every certificate by OpenSSL, which knows nothing of ours.
    private static let recipe = #"""
        set -e
        key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:${2:-P-256} -out "$1.key" 2>/dev/null; }
        # certify NAME ISSUER EXTENSIONS [SUBJECT] [OPTION ...]: ISSUER of itself where it is -
        certify() {
            name=$1 issuer=$2 subject=${4:-/CN=device}
            printf '%b' "$3" >"$name.ext"
            shift; shift; shift; [ $# -eq 0 ] || shift
            [ -e "$name.key" ] || key "$name"
            openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr"
            if [ "$issuer" = - ]; then
                $clock openssl x509 -req -in "$name.csr" -signkey "$name.key" -days 3650 -extfile "$name.ext" \
                    -out "$name.pem" "$@" 2>/dev/null
            else
                $clock openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -CAcreateserial \
                    -days 3650 -extfile "$name.ext" -out "$name.pem" "$@" 2>/dev/null
            fi
        }
        clock=
        ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
        ku='keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n'
        certify top - "$ca" /CN=Top
        certify alien - "$ca" /CN=Alien
        certify sub top "$ca" /CN=Sub
        certify sub2 sub "$ca" /CN=Sub2
        certify direct top "$ku"
        certify bare top ''
        certify watcher top "$ku" /CN=watcher
        certify chained sub "$ku"; cp chained.pem chained-alone.pem; cat sub.pem >>chained.pem
        cat sub.pem chained-alone.pem >not-first.pem
        certify deep sub2 "$ku"; cat deep.pem sub.pem sub2.pem >disordered.pem
        openssl genrsa -out rsa.key 2048 2>/dev/null; certify rsa top "$ku"
        openssl genrsa -out small.key 1024 2>/dev/null; certify small top "$ku"
        openssl genpkey -algorithm ED25519 -out curve25519.key; certify curve25519 top "$ku"
        key p384 P-384; certify p384 top "$ku"
        certify authority top 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,digitalSignature\n'
        certify nameless top "$ku" /O=Example
        certify two-names top "$ku" /CN=device/CN=device
        certify foreign alien "$ku"
        certify server top 'keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n'
        certify encipherer top 'keyUsage=critical,keyEncipherment\nextendedKeyUsage=clientAuth\n'
        certify sha1 top "$ku" /CN=device -sha1
        certify plain top 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyCertSign\n' /CN=Plain
        certify below-plain plain "$ku"; cat plain.pem >>below-plain.pem
        certify mute top 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature\n' /CN=Mute
        certify below-mute mute "$ku"; cat mute.pem >>below-mute.pem
        clock='faketime 2001-01-01'
        certify expired top "$ku"
        certify old top "$ca" /CN=Old
        clock=; certify below-old old "$ku"; cat old.pem >>below-old.pem
        clock='faketime 2037-01-01'; certify early top "$ku"
        sed 's/$/\r/' direct.pem >crlf.pem
        printf %s "$(cat direct.pem)" >no-end.pem
        { cat direct.pem; echo; } >two-ends.pem
        { echo 'made today'; cat direct.pem; } >text.pem
        { echo '"made today"'; cat direct.pem; } >quotation.pem
        { seq 1 700; cat direct.pem; } >long.pem
        cat direct.pem direct.key >combined.pem
        """#

    private static func material() throws -> Meeting {
        try Meeting.demand("openssl", "mosquitto", "mosquitto_pub", "mosquitto_sub", "faketime")
        let meeting = try Meeting()
        try meeting.folder.write(recipe, to: "recipe.sh")
        let made = try meeting.run(["sh", "recipe.sh"], limit: 120)
        try #require(made.status == 0, "\(String(decoding: made.standardError, as: UTF8.self))")
        return meeting
    }

    // MARK: The broker

    /// A broker that trusts one CA, and lets each device write what is under its common name.
    private func serve(
        _ meeting: Meeting, trusting ca: String, more: String = "", _ body: (UInt16) throws -> Void
    ) throws {
        let port = try LoopbackPort.free()
        try meeting.folder.write(
            "user watcher\ntopic read #\npattern readwrite %u/shadow/#\n", to: "topics.acl")
        try meeting.folder.write(
            """
            user root
            allow_anonymous false
            listener \(port) 127.0.0.1
            cafile \(meeting.folder.path(ca))
            certfile \(meeting.folder.path("server.crt"))
            keyfile \(meeting.folder.path("server.key"))
            require_certificate true
            use_identity_as_username true
            acl_file \(meeting.folder.path("topics.acl"))
            \(more)

            """, to: "broker.conf")
        try meeting.serve(["mosquitto", "-c", "broker.conf"], on: port, body)
    }

    private func options(_ port: UInt16, _ certificate: String, _ key: String, _ id: String) -> [String] {
        [
            "-h", "127.0.0.1", "-p", "\(port)", "--cafile", "server.crt", "--cert", certificate, "--key", key,
            "-i", id,
        ]
    }

    /// Whether the broker took a message of the device and gave it to another.
    private func connects(
        _ meeting: Meeting, _ port: UInt16, _ certificate: String, _ key: String, _ id: String,
        watcher: (certificate: String, key: String, id: String)
    ) throws -> Bool {
        let topic = "\(id)/shadow/update"
        let payload = UUID().uuidString
        let sent = try meeting.run(
            ["mosquitto_pub"] + options(port, certificate, key, id) + [
                "-t", topic, "-m", payload, "-q", "1", "-r",
            ], limit: 20)
        #expect(!sent.timedOut)
        guard sent.status == 0 else { return false }
        let received = try meeting.run(
            ["mosquitto_sub"] + options(port, watcher.certificate, watcher.key, watcher.id) + [
                "-t", topic, "-C", "1", "-W", "2",
            ], limit: 20)
        return String(decoding: received.standardOutput, as: UTF8.self) == payload + "\n"
    }

    private struct Result: Decodable {
        struct Finding: Decodable {
            let severity: String
            let code: String
            let observer: String
        }
        let verdict: String
        let findings: [Finding]

        /// Errors and warnings; notes need nobody's answer.
        var told: [String] {
            findings.filter { $0.severity != "note" }.map { "\($0.severity) \($0.code) \($0.observer)" }
        }
    }

    private func check(_ meeting: Meeting, _ arguments: [String]) throws -> Result {
        let outcome = try meeting.run(["assay", "access", "check", "--json"] + arguments)
        let result = try JSONDecoder().decode(Result.self, from: outcome.standardOutput)
        #expect(outcome.status == (result.verdict == "accepted" ? 0 : 1))
        #expect(!String(decoding: outcome.standardOutput, as: UTF8.self).contains("PRIVATE KEY-----"))
        return result
    }

    private func judge(_ meeting: Meeting, _ port: UInt16, _ entry: Case) throws -> Bool {
        let key = entry.key == "none" ? [] : ["\(entry.key).key"]
        let result = try check(
            meeting,
            ["\(entry.certificate).pem"] + key + ["--ca", "top.pem", "--client-id", entry.clientID])
        #expect(result.told == entry.findings, "\(entry.name)")
        return try connects(
            meeting, port, "\(entry.certificate).pem", key.first ?? "\(entry.certificate).pem",
            entry.clientID,
            watcher: ("watcher.pem", "watcher.key", "watcher"))
    }

    // MARK: Tests

    @Test func whatIsGoodConnectsAndWhatIsBadDoesNot() throws {
        let meeting = try Self.material()
        try serve(meeting, trusting: "top.pem") { (port: UInt16) throws in
            for entry in Self.cases {
                let isTaken = try judge(meeting, port, entry)
                #expect(isTaken == (entry.sight != .refuses), "\(entry.name)")
                // What only warns is taken, and what the broker refuses is an error.
                let isBad = entry.findings.contains { $0.hasPrefix("error") }
                #expect(isBad == (entry.sight != .connects), "\(entry.name)")
            }
            for entry in Self.modemOnly {
                #expect(try judge(meeting, port, entry), "\(entry.name)")
                #expect(entry.findings.allSatisfy { $0.hasSuffix(" modem") }, "\(entry.name)")
            }
        }
    }

    /// A revoked device is told from one that is not, and the broker with the same list tells them too.
    @Test func revocationIsAsked() throws {
        try Meeting.demand("openssl", "mosquitto", "mosquitto_pub", "mosquitto_sub")
        let meeting = try Meeting()
        let (gone, kept) = (Meeting.devices[0], Meeting.devices[1])
        try meeting.succeed(
            "assay", "ca", "revoke", "--ca", "ca", "--device", gone, "--reason", "keyCompromise")
        try meeting.succeed("assay", "ca", "crl", "--ca", "ca", "-o", "ca.crl")
        let crl = "crlfile \(meeting.folder.path("ca.crl"))"
        try serve(meeting, trusting: "root/ca.crt", more: crl) { (port: UInt16) throws in
            for (device, findings) in [(gone, ["error revoked broker"]), (kept, [])] {
                let result = try check(
                    meeting,
                    [
                        "\(device).pem", "\(device).key", "--ca", "root", "--crl", "ca.crl", "--client-id",
                        device,
                    ])
                #expect(result.told == ["warning chain modem"] + findings)
                let taken = try meeting.run(
                    ["mosquitto_pub"] + options(port, "\(device).pem", "\(device).key", device) + [
                        "-t", "\(device)/shadow/update", "-m", "x", "-q", "1",
                    ], limit: 20)
                #expect((taken.status == 0) == findings.isEmpty, "\(device)")
            }
        }
    }
}

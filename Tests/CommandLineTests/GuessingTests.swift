import ArgumentParser
import CommandLineSupport
import Commands
import Diagnostics
import Testing

/// What somebody is told who mistyped a word, or has it from another program.
@Suite struct GuessingTests {
    /// Listing them takes a while.
    private static let words = CommandWords(of: AssayRoot.self)

    private func hint(_ arguments: [String]) -> String {
        UsageProblem.error("refused", arguments, of: Self.words).hint?.commandLine ?? ""
    }

    /// All nouns with their verbs; those of `ca ledger` are a storey deeper.
    static let commands: [(noun: String, verbs: [String])] = AssayRoot.configuration.subcommands.map { noun in
        (
            noun.configuration.commandName ?? "",
            noun.configuration.subcommands.map { $0.configuration.commandName ?? "" }
        )
    }

    /// Every slip of two neighbouring letters that changes the word.
    private static func swaps(_ word: String) -> [String] {
        let letters = Array(word)
        return letters.indices.dropLast().compactMap { place in
            var changed = letters
            changed.swapAt(place, place + 1)
            let word = String(changed)
            return changed == letters ? nil : word
        }
    }

    @Test func everySwappedNounIsFound() {
        var tried = 0
        for (noun, _) in Self.commands {
            for word in Self.swaps(noun) {
                tried += 1
                #expect(hint([word]).hasPrefix("did you mean assay \(noun)?"), "\(word)")
            }
        }
        #expect(tried >= 53)
    }

    @Test func everySwappedVerbIsFound() {
        var tried = 0
        for (noun, verbs) in Self.commands {
            for verb in verbs {
                for word in Self.swaps(verb) {
                    tried += 1
                    #expect(
                        hint([noun, word]).hasPrefix("did you mean assay \(noun) \(verb)?"), "\(noun) \(word)"
                    )
                }
            }
        }
        #expect(tried >= 53)
    }

    /// Both words at once, and a verb that stands before its noun.
    @Test(arguments: [
        (["tokn", "verfy"], "assay token verify"), (["certs", "show"], "assay cert inspect"),
        (["verify", "token"], "assay token verify"), (["show", "csr"], "assay csr inspect"),
        (["tok", "insp"], "assay token inspect"), (["Token", "Verify"], "assay token verify"),
    ])
    func wordsThatStandTogetherAreFound(_ arguments: [String], _ wanted: String) {
        #expect(hint(arguments).hasPrefix("did you mean \(wanted)?"), "\(hint(arguments))")
    }

    /// What people type who know openssl, step, age, gh, cfssl, or the vendor's utilities.
    @Test(arguments: [
        ("x509 -in a.pem -noout -text", "assay cert inspect"),
        ("req -new -key k -subj /CN=x", "assay csr create"),
        ("genpkey -algorithm EC", "assay key generate"),
        ("ecparam -genkey -name prime256v1", "assay key generate"),
        ("verify -CAfile ca.pem a.pem", "assay cert verify"), ("crl -in list.pem", "assay ca crl"),
        ("pkey -in k -pubout", "assay key inspect"), ("rand -hex 16", "assay token challenge"),
        ("certificate create x", "assay ca issue"), ("certificate inspect a.crt", "assay cert inspect"),
        ("certificate verify a.crt", "assay cert verify"), ("certificate sign a.csr", "assay ca issue"),
        ("crypto keypair a b", "assay key"), ("crypto jwt sign", "assay jwt sign"),
        ("age-keygen -o k", "assay key generate"),
        ("auth login", "assay account show"), ("auth status", "assay account show"),
        ("gencert -ca ca", "assay ca issue"),
        ("gencsr -key k", "assay csr create"), ("certinfo -cert a", "assay cert inspect"),
        ("genkey a.json", "assay key generate"),
        ("serve -port 8888", "assayd serve"), ("claim_devices --csv t.csv", "assay claim submit"),
        ("create_ca_cert -c NO", "assay ca init"), ("create_device_credentials -ca a", "assay ca issue"),
        ("modem_credentials_parser -k x", "assay token inspect"),
        ("nrf_cloud_onboard --csv x", "assay onboard submit"),
        ("gather_attestation_tokens --port x", "assay modem tokens"), ("create_proxy_jwt", "assay jwt sign"),
        ("claim_and_provision_device", "assay claim submit"), ("nrf_cloud_device_mgmt", "assay fleet list"),
        ("ca sign a.csr", "assay ca issue"), ("ca create ca", "assay ca init"),
        ("key new", "assay key generate"),
        ("csr show a.csr", "assay csr inspect"), ("token decode x", "assay token inspect"),
        ("jwt decode x", "assay jwt inspect"),
        ("device ls", "assay device list"), ("device rm x", "assay device remove"),
        ("claim upload x", "assay claim submit"),
        ("csr sign x", "assay ca issue"), ("commands build x", "assay commands compose"),
        ("ca new", "assay ca init"),
        ("csr new", "assay csr create"), ("cert view a", "assay cert inspect"),
        ("cert check a", "assay cert verify"),
        ("key pubout -in k", "assay key public"), ("whoami", "assay account show"),
        ("lint a.pem", "assay cert lint"),
    ])
    func wordsOfOthersAreAnswered(_ line: String, _ wanted: String) {
        let hint = hint(line.split(separator: " ").map(String.init))
        #expect(hint.hasPrefix("did you mean ") && hint.contains(wanted), "\(hint)")
    }

    @Test(arguments: [
        ("token verify --kyes k.csv x", "--keys"), ("csr create --subj /CN=x", "--subject"),
        ("csr create -subj /CN=x", "--subject"), ("ca issue --out x", "--output"),
        ("csr verify -jsno", "--json"),
        ("claim submit --provisioning-tags a", "--tags"), ("claim submit --api-key abc", "--api-key-file"),
        ("key generate --curve p256", "--type"), ("key generate -nodes", "--no-passphrase"),
        ("cert verify --CAfile a b", "--ca"), ("cert verify -untrusted a", "--intermediates"),
        ("ca issue -days 3", "--days"), ("ca issue -y", "--force"), ("token verify -q", "--quiet"),
        ("token verify --threads 3", "--jobs"), ("--verison", "--version"),
        ("token verify --Keys x", "--keys"),
        ("claim submit --dryrun", "--dry-run"), ("jwt sign --aud x", "--audience"),
        ("claim submit x --api-key-flie k", "--api-key-file"), ("csr create x y --kye z", "--key"),
        ("ca ledger attach d --stroe x", "--store"), ("token verify - --kyes x", "--keys"),
    ])
    func optionsAreFound(_ line: String, _ wanted: String) {
        let hint = hint(line.split(separator: " ").map(String.init))
        #expect(hint.hasPrefix("did you mean \(wanted)?"), "\(hint)")
    }

    /// The word that is wrong comes before one that is missing.
    @Test func whatIsUnknownIsNamedBeforeWhatIsMissing() {
        let error = UsageProblem.error("missing --ca", ["ca", "issue", "--profil", "x"], of: Self.words)
        #expect(error.message == "unknown option '--profil'")
        #expect(error.hint?.commandLine == "did you mean --profile? assay ca issue --help lists its options")
    }

    /// Where nothing is unknown the parser's word counts, with the way to the help of that verb.
    @Test func whatIsKnownIsLeftToTheParser() {
        for line in [
            "token verify --keys --kyes x", "token verify -- --kyes", "token verify --keys=x -",
            "ca issue --ca",
        ] {
            let arguments = line.split(separator: " ").map(String.init)
            let error = UsageProblem.error("refused", arguments, of: Self.words)
            #expect(error.message == "refused", "\(line)")
            let verb = arguments.prefix(2).joined(separator: " ")
            #expect(error.hint?.commandLine == "assay \(verb) --help lists its options")
        }
    }

    /// A word that is near to nothing gets the list, not a guess; so does one of any length.
    @Test func nothingIsMadeUp() {
        for word in ["frobnicate", String(repeating: "x", count: 10_000), "", "ünïcode", "\u{1b}[2J"] {
            #expect(hint([word]).hasPrefix("assay has: token, device, "), "\(word.prefix(20))")
            #expect(
                hint(["token", word]).hasPrefix("assay token has: inspect, verify, "), "\(word.prefix(20))")
        }
        #expect(hint(["token", "verify", "--frobnicate"]).hasPrefix("it is none of assay token verify; "))
        #expect(hint(["token", "verify", "--csr-out", "x"]).hasPrefix("assay commands submit has it; "))
    }
}

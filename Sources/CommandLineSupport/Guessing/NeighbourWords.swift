/// What the neighbours call what this program does: openssl, step, age, gh, cfssl, and the nRF Cloud utilities.
///
/// The words are answered, not accepted: a script keeps the words of one manual.
enum NeighbourWords {
    /// Words in the place of a noun: the command that does it.
    static let nouns: [String: String] = [
        // openssl
        "x509": "cert inspect", "req": "csr create", "genpkey": "key generate", "genrsa": "key generate",
        "ecparam": "key generate", "ec": "key inspect", "rsa": "key inspect", "pkey": "key inspect",
        "pkcs8": "key inspect", "pkcs12": "key inspect", "asn1parse": "cert inspect",
        "s_client": "account show",
        "dgst": "token verify", "rand": "token challenge", "ocsp": "ca crl", "storeutl": "cert inspect",
        // step, cfssl, age, gh
        "certificate": "cert", "certs": "cert", "crt": "cert", "crypto": "key", "keypair": "key generate",
        "keygen": "key generate", "genkey": "key generate", "age-keygen": "key generate",
        "gencert": "ca issue", "selfsign": "ca init", "initca": "ca init", "gencsr": "csr create",
        "certinfo": "cert inspect", "gencrl": "ca crl", "bundle": "cert verify", "serve": "assayd serve",
        "server": "assayd serve", "simulate": "assayd simulate", "simulator": "assayd simulate",
        "auth": "account show", "login": "account show", "whoami": "account show", "status": "claim status",
        "config": "store show", "db": "store show", "database": "store show", "registry": "device list",
        "request": "csr", "requests": "csr", "attestation": "token", "attest": "token verify",
        "jws": "jwt", "jwk": "key public", "cose": "token inspect", "cbor": "commands decode",
        "identity": "device", "authority": "ca", "audit": "ledger verify", "lint": "cert lint",
        "zlint": "cert lint", "provision": "commands submit", "provisioning": "commands",
        "command": "commands",
        "batch": "commands", "group": "fleet tag", "groups": "fleet tag", "tag": "fleet tag",
        "onboarding": "onboard", "connect": "access plan", "connection": "access plan", "mqtt": "access plan",
        "credentials": "access plan", "credential": "access plan",
        "plan": "access plan",
        "label": "device label", "labels": "device label", "qr": "device label", "qrcode": "device label",
        "serial": "modem list", "at": "modem list", "port": "modem list",
        "cmng": "modem list",
        "install": "modem install", "attesttoken": "modem tokens",
        // nRF Cloud utilities
        "claim_devices": "claim submit", "claim-devices": "claim submit", "create_ca_cert": "ca init",
        "create_device_credentials": "ca issue", "device_credentials_installer": "modem install",
        "gather_attestation_tokens": "modem tokens", "modem_credentials_parser": "token inspect",
        "nrf_cloud_onboard": "onboard submit", "nrf_cloud_device_mgmt": "fleet list",
        "claim_and_provision_device": "claim submit", "create_proxy_jwt": "jwt sign",
        "nrfcredstore": "modem install", "nrf93_onboard": "onboard submit",
    ]

    /// Words in the place of a verb, whatever the noun: the verbs it may stand for; the first that the noun has is meant.
    static let verbs: [String: [String]] = {
        let meanings: [(verbs: [String], words: String)] = [
            (
                ["inspect", "show"],
                "show print view dump decode parse info display text read cat get describe details"
            ),
            (["verify", "check", "validate"], "check validate test verify examine"),
            (["list", "show"], "ls list all index find search"),
            (
                ["create", "generate", "init", "add", "compose"],
                "new create make gen generate build add init keygen"
            ),
            (["issue", "sign"], "sign issue approve"),
            (["issue"], "renew reissue selfsign gencert certify"),
            (["import", "add", "learn"], "import load register enroll adopt ingest add"),
            (["remove", "unclaim", "revoke"], "rm remove del delete destroy unregister unclaim release"),
            (["submit"], "send upload push post submit apply claim execute run start"),
            (["encode", "sign", "compose"], "encode pack serialize"),
            (["decode", "inspect"], "unpack deserialize decode"),
            (["public", "export"], "pub pubkey pubout extract public export"),
            (["export"], "dump backup save"),
            (["audit", "verify"], "audit log history check"),
            (["upgrade"], "migrate update"),
            (["crl", "list"], "revoked revocations gencrl revocation-list"),
            (["revoke"], "suspend invalidate"),
            (["lint", "verify"], "zlint lint"),
            (["trust", "verify"], "confirm approve"),
            (["retry", "submit"], "again resend repeat resume redo"),
            (["challenge"], "nonce random"),
            (["recover-key"], "recover key pubkey"),
            (["pack"], "bundle csv body bodies"),
            (["why", "show"], "diagnose explain doctor reason status"),
            (["status", "show"], "state progress"),
            (["tag"], "label group tags"), (["label"], "qr qrcode print sticker labels"),
            (["plan"], "need needs requirements steps"),
            (["tokens"], "token gather fetch collect attest attesttoken"),
            (["keygen"], "csr genkey create new generate make key"),
            (["install"], "write store put import add load credentials provision"),
        ]
        var table: [String: [String]] = [:]
        for (verbs, words) in meanings {
            for word in words.split(separator: " ") { table[String(word), default: []] += verbs }
        }
        return table
    }()

    /// Verbs that another noun has: what is asked for of this one.
    static let elsewhere: [String: [String: String]] = [
        "csr": ["sign": "ca issue", "issue": "ca issue", "approve": "ca issue"],
        "cert": [
            "sign": "ca issue", "issue": "ca issue", "create": "ca issue", "new": "ca issue",
            "revoke": "ca revoke",
            "list": "ca list", "renew": "ca issue", "request": "csr create",
        ],
        "token": [
            "sign": "jwt sign", "create": "jwt sign", "claim": "claim submit", "new": "token challenge",
        ],
        "key": ["import": "device import", "add": "device add", "list": "device list"],
        "device": [
            "claim": "claim submit", "tag": "fleet tag", "block": "fleet block",
            "provision": "commands submit",
        ],
        "ca": ["check": "ca audit", "verify": "ca audit"],
        "rule": ["apply": "rule submit", "activate": "rule submit", "check": "rule compose"],
        "commands": ["check": "commands validate", "list": "fleet show", "show": "fleet show"],
        "fleet": ["claim": "claim submit", "status": "fleet why"],
        "modem": [
            "show": "modem list", "read": "modem list", "inspect": "modem list",
            "claim": "claim submit", "simulate": "assayd simulate", "delete": "modem install",
        ],
    ]

    /// Options, without their hyphens: the options that they may stand for, and what to say where the verb has none of them.
    static let options: [String: (names: [String], advice: String?)] = {
        let argument = "give the file as an argument"
        let secret = "secrets come from a file, a descriptor or an environment variable"
        let profile =
            "what goes into a certificate is said by its profile, in profiles.json of the CA's folder"
        let meanings: [(words: String, names: [String], advice: String?)] = [
            ("in infile file path i csv", ["--input"], argument),
            ("out outfile output-file out-file", ["--output", "--out-dir"], nil),
            ("outdir output-dir out-folder directory", ["--out-dir", "--output"], nil),
            ("subj dn cn common-name name", ["--subject"], profile),
            ("san sans addext dns ip", [], "subject alternative names come from the profile"),
            (
                "days validity not-after valid-for lifetime expiry duration",
                ["--days", "--expires-in", "--next-update"], profile
            ),
            ("CAfile cafile ca-file cacert root roots trusted trust-anchor", ["--ca", "--root-ca"], nil),
            ("CAkey ca-key", ["--ca"], "a CA is a folder: assay ca import adopts a certificate and its key"),
            ("untrusted intermediate chain-file", ["--intermediates"], nil),
            ("crl_check CRLfile crlfile crls", ["--crl"], nil),
            ("inkey signkey private-key privkey pkey key-file keyfile", ["--key"], nil),
            ("pubkey public-key pub keys-file pubkeys", ["--keys", "--key"], nil),
            (
                "passin pass password password-file passphrase passwd passin-file",
                ["--key-passphrase-file", "--passphrase-file", "--client-key-password-file"], secret
            ),
            ("passout", ["--passphrase-file"], secret),
            ("nodes noenc no-password insecure no-encrypt unencrypted", ["--no-passphrase"], nil),
            ("provisioning-tags provisioning-tag labels group groups", ["--tags", "--tag"], nil),
            ("api-key apikey token bearer", ["--api-key-file"], secret),
            ("host url server endpoint api base-url stage", ["--service"], nil),
            ("kty curve crv newkey algo alg key-type keytype", ["--type", "--algorithm"], nil),
            ("config extfile extensions template", ["--profile"], profile),
            (
                "sha256 sha384 sha512 md digest", [],
                "the digest follows the key: SHA-256 with P-256, SHA-384 with P-384"
            ),
            ("noout text-only", [], "inspect prints what is in it; nothing has to be left out"),
            ("outform inform der", ["--pem"], "PEM and DER are told apart by their content; output is PEM"),
            ("y yes f overwrite", ["--force"], nil),
            ("q silent s", ["--quiet"], nil),
            ("v", ["--verbose", "--version"], nil),
            ("V", ["--version"], nil),
            ("j threads parallel workers concurrency p", ["--jobs", "--connections"], nil),
            ("output-format json-output jsonl pretty plain", ["--json"], nil),
            ("database db registry", ["--store"], nil),
            ("sectag tag-id security-tag slot", ["--sec-tag"], nil),
            ("exec-time now time date check-time attime verification-time", ["--at"], nil),
            ("aud", ["--audience"], nil), ("iss", ["--issuer"], nil), ("exp", ["--expires-in"], nil),
            ("sub", ["--subject"], nil), ("id uuid device-id deviceid dev-id", ["--uuid", "--device"], nil),
            ("serial set_serial serial-number", ["--serials"], nil),
            ("wait-for follow watch", ["--wait"], nil), ("ratelimit rate-limit qps", ["--rate"], nil),
            ("bundle fullchain certificate-chain", ["--chain"], nil),
            ("retries retry resume", ["--retry-failed"], "a run that is given again goes on where it was"),
            ("dryrun check-only simulate whatif n", ["--dry-run"], nil),
            ("cert-file certfile certificate crt", ["--cert"], argument),
            ("separator sep delim", ["--delimiter"], nil),
            ("clientid client_id cid mqtt-id", ["--client-id"], nil),
            ("purpose for transport protocol", ["--use"], nil),
            ("device tty serial-port com", ["--port"], nil), ("baudrate speed bps", ["--baud"], nil),
            ("hwfc crtscts flow-control", ["--rtscts"], nil), ("attributes csr-attr", ["--subject"], nil),
            ("replace delete", ["--overwrite", "--replace"], nil),
        ]
        var table: [String: (names: [String], advice: String?)] = [:]
        for (words, names, advice) in meanings {
            for word in words.split(separator: " ") {
                let old = table[String(word)]
                table[String(word)] = ((old?.names ?? []) + names, old?.advice ?? advice)
            }
        }
        return table
    }()
}

// swift-tools-version: 6.2
import PackageDescription

// One setting list for every target of ours: Swift 6 mode, explicit existentials, imports that are
// internal unless said otherwise, members visible only from imported modules.
// `make lint` sets ASSAY_STRICT, which makes each warning in them an error; packages we depend on and users
// with a newer compiler are left alone.
let isStrict = Context.environment["ASSAY_STRICT"] == "1"
let common: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])
// The wrapper modules alone may touch pointers. Everywhere else the compiler refuses unsafe constructs
// (`make lint` and CI treat the warning as an error).
let safe = common + [.strictMemorySafety()]

let package = Package(
    name: "assay",
    products: [
        .executable(name: "assay", targets: ["assay"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // Layer 0: the C libraries as Debian ships them, and the error type everything shares.
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCBOR", pkgConfig: "libcbor", providers: [.apt(["libcbor-dev"])]),
        .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CGlibc"),
        // Not linked: opened by name when a code is made.
        .systemLibrary(name: "CQREncode", providers: [.apt(["libqrencode-dev"])]),
        // The commit that a release was built from.
        .target(name: "CBuild"),
        .target(name: "Diagnostics", swiftSettings: safe),

        // Layer 1: safe values over C. The only Swift that sees a C pointer.
        .target(name: "OpenSSL", dependencies: ["COpenSSL", "Diagnostics"], swiftSettings: common),
        .target(name: "CBOR", dependencies: ["CCBOR", "Diagnostics"], swiftSettings: common),
        .target(name: "JSON", dependencies: ["CJansson", "Diagnostics"], swiftSettings: common),
        .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: common),
        .target(
            name: "InputOutput", dependencies: ["CGlibc", "CBuild", "Diagnostics"], swiftSettings: common),

        .target(name: "QRCode", dependencies: ["CQREncode"], swiftSettings: common),

        // Layer 2: standard structures and the words of the domain.
        .target(name: "CSV", dependencies: ["Diagnostics"], swiftSettings: safe),
        .target(name: "DeviceIdentity", dependencies: ["Diagnostics"], swiftSettings: safe),
        .target(name: "COSE", dependencies: ["CBOR", "OpenSSL", "Diagnostics"], swiftSettings: safe),
        .target(name: "PKIX", dependencies: ["OpenSSL", "Diagnostics"], swiftSettings: safe),
        // CoAP messages and the state of both ends of a session; no socket, no clock.
        .target(name: "CoAP", exclude: ["README.md"], swiftSettings: safe),
        // Private keys behind one interface, wherever they are kept.
        .target(name: "Keys", dependencies: ["OpenSSL", "Diagnostics"], swiftSettings: safe),

        // Layer 3: pure rules, no files, no clock, no network.
        .target(
            name: "Attestation",
            dependencies: ["COSE", "CBOR", "PKIX", "OpenSSL", "DeviceIdentity", "Diagnostics"],
            swiftSettings: safe),
        .target(
            name: "CertificateAuthority",
            dependencies: [
                "Attestation", "Keys", "PKIX", "OpenSSL", "JSON", "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: safe),
        // Labels of devices as documents.
        .target(name: "Labels", dependencies: ["QRCode", "DeviceIdentity"], swiftSettings: safe),
        // Which credentials a connection needs, and whether they are there and good.
        .target(
            name: "Access", dependencies: ["PKIX", "OpenSSL", "DeviceIdentity", "Diagnostics"],
            swiftSettings: safe),
        .target(
            name: "JWT",
            dependencies: ["Keys", "JSON", "OpenSSL", "PKIX", "DeviceIdentity", "Diagnostics"],
            swiftSettings: safe),
        .target(
            name: "ProvisioningCommands",
            dependencies: ["CBOR", "JSON", "DeviceIdentity", "Diagnostics"],
            swiftSettings: safe),
        .target(
            name: "Claims",
            dependencies: ["Attestation", "CSV", "JSON", "OpenSSL", "PKIX", "DeviceIdentity", "Diagnostics"],
            swiftSettings: safe),
        // What a bench says to a modem, and what comes back.
        .target(name: "ATCommands", dependencies: ["DeviceIdentity", "Diagnostics"], swiftSettings: safe),
        // The REST interface of the Provisioning Service, for those who serve it and those who call it.
        .target(
            name: "ProvisioningAPI",
            dependencies: ["ProvisioningCommands", "JSON", "DeviceIdentity", "Diagnostics"],
            swiftSettings: safe),
        // What becomes of what is sent to a service, as values that only go forward.
        .target(name: "Journal", swiftSettings: safe),
        // The queue of one device as a value: events in, actions out.
        .target(
            name: "ProvisioningState", dependencies: ["ProvisioningCommands", "JSON", "DeviceIdentity"],
            swiftSettings: safe),

        // Layer 3: the rules of what lasts, over whatever tables.
        .target(
            name: "Ledger",
            dependencies: [
                "CertificateAuthority", "Attestation", "PKIX", "OpenSSL", "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: safe),
        .target(
            name: "Registry", dependencies: ["Attestation", "OpenSSL", "DeviceIdentity", "Diagnostics"],
            swiftSettings: safe),

        // Layer 4: what lasts.
        .target(
            name: "Store",
            dependencies: [
                "Journal", "Ledger", "Registry", "SQLite", "JSON", "Attestation", "CertificateAuthority",
                "PKIX",
                "OpenSSL", "InputOutput", "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: safe),
        .target(
            name: "ServiceStore",
            dependencies: [
                "SQLite", "ProvisioningAPI", "ProvisioningState", "ProvisioningCommands", "JSON", "OpenSSL",
                "InputOutput", "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: safe),

        // Layer 4: the one door for inputs.
        .target(
            name: "Intake",
            dependencies: ["Attestation", "PKIX", "CSV", "InputOutput", "DeviceIdentity", "Diagnostics"],
            swiftSettings: safe),

        // Layer 5: one run over many inputs: judges, reports, counts.
        .target(
            name: "Batches", dependencies: ["Intake", "JSON", "InputOutput", "Diagnostics"],
            swiftSettings: safe),

        // Layer 5: certificates for requests, exactly once: vet, note, sign, enter.
        .target(
            name: "Issuance",
            dependencies: [
                "Ledger", "Registry", "Attestation", "CertificateAuthority", "PKIX", "OpenSSL", "InputOutput",
                "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: safe),

        // Layer 5: the Provisioning Service without a transport.
        .target(
            name: "Service",
            dependencies: [
                "Issuance", "ProvisioningAPI", "ProvisioningState", "ServiceStore", "Store", "Ledger",
                "Registry", "Attestation",
                "CertificateAuthority", "JWT", "ProvisioningCommands", "Claims", "CSV", "CBOR", "COSE",
                "PKIX", "OpenSSL",
                "JSON", "InputOutput", "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: safe),

        // Layer 5: the modem at a serial port: who is there, tokens, keys, credentials.
        .target(
            name: "ModemLine",
            dependencies: [
                "ATCommands", "Attestation", "ProvisioningCommands", "PKIX", "OpenSSL", "InputOutput",
                "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: safe),

        // Layer 5: manners that the programs share: options, errors, what is withheld.
        .target(
            name: "CommandLineSupport",
            dependencies: [
                "JSON", "OpenSSL", "InputOutput", "DeviceIdentity", "Diagnostics",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: safe),

        // Layer 5: sending to a service so that nothing is lost and nothing sent twice. The transport comes from outside.
        .target(
            name: "Submission",
            dependencies: [
                "CommandLineSupport", "Journal", "Store", "ProvisioningAPI", "ProvisioningCommands",
                "OpenSSL",
                "JSON", "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: safe),

        // Layer 5: devices that are not there. Transports come from outside.
        .target(
            name: "Simulator",
            dependencies: [
                "Attestation", "ProvisioningCommands", "COSE", "CBOR", "PKIX", "OpenSSL", "JSON",
                "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: safe),

        // Layer 6: parse, call, render, exit.
        .target(
            name: "Commands",
            dependencies: [
                "CommandLineSupport", "Batches", "Issuance", "ModemLine", "ATCommands", "Access", "Labels",
                "QRCode",
                "Keys", "Attestation", "CertificateAuthority", "JWT", "ProvisioningCommands", "Claims",
                "COSE",
                "CBOR", "PKIX",
                "OpenSSL", "Store", "Ledger", "Registry", "Intake", "SQLite", "JSON", "CSV", "InputOutput",
                "DeviceIdentity", "Diagnostics",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: safe),
        .executableTarget(name: "assay", dependencies: ["Commands"], swiftSettings: safe),

        // Judges published conformance suites with the code that the commands use. Not installed.
        .target(
            name: "Conformance",
            dependencies: [
                "Attestation", "JWT", "COSE", "CBOR", "PKIX", "OpenSSL", "JSON", "CSV", "DeviceIdentity",
                "Diagnostics",
            ],
            swiftSettings: safe),
        .executableTarget(
            name: "assay-conformance", dependencies: ["Conformance", "InputOutput", "Diagnostics"],
            swiftSettings: safe),
        // Not installed: reproducible inputs for `make bench`.
        .executableTarget(
            name: "assay-benchmark-data",
            dependencies: [
                "COSE", "CBOR", "PKIX", "OpenSSL", "JSON", "InputOutput", "DeviceIdentity", "Diagnostics",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: safe),

        // Not installed: `ca issue` without its ledger, to tell what the ledger costs.
        .executableTarget(
            name: "assay-benchmark-issue",
            dependencies: [
                "Issuance", "Ledger", "Attestation", "CertificateAuthority", "PKIX", "OpenSSL", "InputOutput",
                "Diagnostics",
            ],
            swiftSettings: safe),

        // The rules that the fuzzer and its regression tests check.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Simulator", "Access", "ATCommands", "Attestation", "ProvisioningCommands",
                "ProvisioningAPI", "ProvisioningState",
                "CoAP", "COSE", "CBOR", "PKIX", "OpenSSL", "JSON", "CSV", "DeviceIdentity",
            ],
            swiftSettings: safe),

        // What tests share: seeded numbers, the vectors, and the runner of scripts, a library so that its own tests can
        // use it.
        .target(
            name: "TestSupport", path: "Tests/TestSupport", exclude: ["README.md"], swiftSettings: common),
        // Tests, one target for each module. They may see a C library too: it is a second opinion.
        .testTarget(name: "DiagnosticsTests", dependencies: ["Diagnostics"], swiftSettings: common),
        .testTarget(name: "OpenSSLTests", dependencies: ["OpenSSL", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "CBORTests", dependencies: ["CBOR", "CCBOR", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "JSONTests", dependencies: ["JSON", "CJansson", "Diagnostics", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "CSVTests", dependencies: ["CSV", "Diagnostics", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "PKIXTests", dependencies: ["PKIX", "OpenSSL", "COpenSSL", "Diagnostics", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "DeviceIdentityTests", dependencies: ["DeviceIdentity", "Diagnostics", "TestSupport"],
            swiftSettings: common),
        .testTarget(name: "CoAPTests", dependencies: ["CoAP", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "COSETests", dependencies: ["COSE", "CBOR", "PKIX", "OpenSSL", "Diagnostics"],
            swiftSettings: common),
        .testTarget(
            name: "LabelsTests", dependencies: ["Labels", "QRCode", "DeviceIdentity", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "AccessTests",
            dependencies: ["Access", "PKIX", "OpenSSL", "DeviceIdentity", "Diagnostics", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "JWTTests",
            dependencies: ["JWT", "JSON", "OpenSSL", "PKIX", "DeviceIdentity", "Diagnostics", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "BenchmarkDataTests",
            dependencies: [
                "assay-benchmark-data", "Attestation", "PKIX", "OpenSSL", "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: common),
        .testTarget(
            name: "FuzzRegressionTests", dependencies: ["FuzzTargets", "PKIX", "OpenSSL"],
            swiftSettings: common),
        // Devices that sign as modems do, and the means to start, kill and watch the program.
        .target(
            name: "TestFleet",
            dependencies: [
                "Attestation", "CBOR", "COSE", "OpenSSL", "DeviceIdentity", "SQLite", "TestSupport",
            ],
            path: "Tests/TestFleet", swiftSettings: common),
        .testTarget(
            name: "CertificateAuthorityTests",
            dependencies: [
                "CertificateAuthority", "Attestation", "Keys", "PKIX", "OpenSSL", "JSON", "DeviceIdentity",
                "Diagnostics", "TestSupport", "TestFleet",
            ],
            swiftSettings: common),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "TestFleet", "TestSupport", "Access", "DeviceIdentity", "Commands", "CommandLineSupport",
                "JSON", "Diagnostics", "assay",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: common),
        .testTarget(
            name: "CertificateCommandTests",
            dependencies: [
                "Commands", "CommandLineSupport", "Diagnostics",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: common),
        .testTarget(
            name: "SchemaTests", dependencies: ["TestSupport", "JSON", "assay"], swiftSettings: common),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "TestFleet"], swiftSettings: common),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "Store", "Ledger", "Registry", "SQLite", "TestFleet", "TestSupport", "Attestation", "OpenSSL",
                "DeviceIdentity",
                "Diagnostics",
            ], swiftSettings: common),
        .testTarget(
            name: "InputOutputTests", dependencies: ["InputOutput", "Diagnostics", "TestFleet"],
            swiftSettings: common),
        .testTarget(
            name: "IntakeTests",
            dependencies: ["Intake", "InputOutput", "CSV", "DeviceIdentity", "Diagnostics", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "BatchesTests", dependencies: ["Batches", "InputOutput", "JSON", "Diagnostics"],
            swiftSettings: common),
        .testTarget(
            name: "CrashTests",
            dependencies: [
                "TestFleet", "TestSupport", "Store", "Ledger", "Registry", "Attestation", "OpenSSL",
                "DeviceIdentity", "SQLite",
                "assay", "assay-benchmark-data",
            ], swiftSettings: common),
        // Programs of others that meet or read what the CA issued: TLS servers, an MQTT broker, other libraries.
        .testTarget(
            name: "PeerTests", dependencies: ["TestFleet", "TestSupport", "assay", "assay-benchmark-data"],
            swiftSettings: common),
        .testTarget(
            name: "ProvisioningCommandsTests",
            dependencies: ["ProvisioningCommands", "JSON", "DeviceIdentity", "Diagnostics", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "ProvisioningStateTests",
            dependencies: ["ProvisioningState", "ProvisioningCommands", "DeviceIdentity", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "ServiceStoreTests",
            dependencies: [
                "ServiceStore", "ProvisioningState", "ProvisioningAPI", "ProvisioningCommands", "SQLite",
                "DeviceIdentity", "Diagnostics", "TestFleet",
            ],
            swiftSettings: common),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "Service", "ServiceStore", "ProvisioningAPI", "ProvisioningState", "ProvisioningCommands",
                "Store", "Ledger", "Registry", "CertificateAuthority", "Attestation", "PKIX", "JSON",
                "OpenSSL", "DeviceIdentity",
                "Diagnostics", "TestFleet", "TestSupport",
            ],
            swiftSettings: common),
        .testTarget(
            name: "SimulatorTests",
            dependencies: [
                "Simulator", "Attestation", "JWT", "ProvisioningCommands", "CBOR", "PKIX", "OpenSSL", "JSON",
                "DeviceIdentity", "Diagnostics",
            ],
            swiftSettings: common),
        .testTarget(
            name: "ATCommandsTests",
            dependencies: ["ATCommands", "DeviceIdentity", "Diagnostics", "TestSupport"],
            swiftSettings: common),
        // Modems with good and bad manners at a pseudo-terminal, and the program at its other end.
        .testTarget(
            name: "ModemLineTests",
            dependencies: [
                "ModemLine", "Simulator", "OpenSSL", "InputOutput", "DeviceIdentity", "Diagnostics",
                "TestFleet",
                "TestSupport", "assay",
            ],
            swiftSettings: common),
        .testTarget(
            name: "AttestationTests",
            dependencies: [
                "Attestation", "COSE", "CBOR", "PKIX", "OpenSSL", "DeviceIdentity", "Diagnostics",
                "TestSupport",
            ],
            swiftSettings: common),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "Commands", "Store", "Ledger", "Registry", "SQLite", "CertificateAuthority", "Attestation",
                "PKIX", "OpenSSL",
                "DeviceIdentity", "Diagnostics", "TestFleet", "TestSupport", "assay",
            ],
            swiftSettings: common),
        .testTarget(
            name: "IssuanceTests",
            dependencies: [
                "Issuance", "Ledger", "CertificateAuthority", "Attestation", "Keys", "PKIX", "OpenSSL",
                "InputOutput",
                "DeviceIdentity", "Diagnostics", "TestSupport",
            ],
            swiftSettings: common),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "Conformance", "TestSupport", "PKIX", "OpenSSL", "Diagnostics", "assay-conformance",
            ],
            swiftSettings: common),
        .testTarget(
            name: "SubmissionTests",
            dependencies: [
                "JSON", "Submission", "Journal", "Store", "ProvisioningAPI", "ProvisioningCommands",
                "DeviceIdentity", "Diagnostics", "TestFleet",
                "TestSupport",
            ],
            swiftSettings: common),
        .testTarget(
            name: "ClaimsTests",
            dependencies: [
                "Claims", "Attestation", "CSV", "JSON", "OpenSSL", "PKIX", "DeviceIdentity", "Diagnostics",
                "TestSupport", "assay",
            ],
            swiftSettings: common),
    ]
)

// The Provisioning Service on a socket. What it needs of others takes a minute to fetch and minutes to build; `assay` links
// none of it, and who builds `assay` alone sets ASSAY_WITHOUT_SERVICE (`make demo`, `make release`).
if Context.environment["ASSAY_WITHOUT_SERVICE"] != "1" {
    package.products += [
        .executable(name: "assayd", targets: ["assayd"]),
        .executable(name: "assay-submit", targets: ["assay-submit"]),
    ]
    package.dependencies += [
        // Without its traits it needs no Foundation with ICU's data.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.36.0"),
    ]
    package.targets += [
        // Layer 0 and 1 of what speaks DTLS: libssl, which assay does not link.
        .systemLibrary(name: "COpenSSLTLS", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "DTLS", dependencies: ["COpenSSLTLS", "OpenSSL"], exclude: ["README.md"],
            swiftSettings: common),
        // Layer 6: what the servers of all transports share.
        .target(
            name: "ServerSupport",
            dependencies: [
                "PKIX", "OpenSSL", "JSON", "InputOutput", "Diagnostics",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: safe),
        // Layer 6: devices over CoAP, the wire to Service and back.
        .target(
            name: "ServerCoAP",
            dependencies: [
                "ServerSupport", "Service", "CoAP", "DTLS", "OpenSSL", "InputOutput", "Diagnostics",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: safe),
        // Layer 6: the wire to Service and back.
        .target(
            name: "ServerHTTP",
            dependencies: [
                "ServerSupport", "Service", "ProvisioningAPI", "PKIX", "OpenSSL", "JSON", "InputOutput",
                "Diagnostics",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: safe),
        // Layer 6: what simulated devices say, over TCP and TLS.
        .target(
            name: "SimulatorHTTP",
            dependencies: [
                "Simulator", "Diagnostics",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: safe),
        // Layer 6: the same over DTLS.
        .target(
            name: "SimulatorCoAP",
            dependencies: [
                "Simulator", "CoAP", "DTLS", "PKIX", "Diagnostics",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: safe),
        .executableTarget(
            name: "assayd",
            dependencies: [
                "ServerHTTP", "ServerCoAP", "ServerSupport", "Service", "ProvisioningAPI", "SimulatorCoAP",
                "SimulatorHTTP",
                "Simulator",
                "CommandLineSupport",
                "Attestation", "PKIX", "OpenSSL", "JSON", "InputOutput", "Diagnostics",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: safe),
        // Layer 6: what is submitted, over HTTP and TLS.
        .target(
            name: "SubmissionHTTP",
            dependencies: [
                "Submission", "Diagnostics",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: safe),
        // The verbs of assay that talk to a service.
        .executableTarget(
            name: "assay-submit",
            dependencies: [
                "Commands", "CommandLineSupport", "Batches", "SubmissionHTTP", "Submission", "Journal",
                "Store",
                "Claims", "Attestation",
                "ProvisioningAPI", "ProvisioningCommands", "JSON", "OpenSSL", "InputOutput", "DeviceIdentity",
                "Diagnostics",
            ],
            swiftSettings: safe),
        .testTarget(
            name: "DTLSTests",
            dependencies: ["DTLS", "PKIX", "OpenSSL", "InputOutput", "TestFleet", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "ServerHTTP", "ServerCoAP", "ServerSupport", "Service", "ProvisioningAPI",
                "ProvisioningCommands", "CoAP", "DTLS", "Store", "Ledger", "Registry", "Attestation", "PKIX",
                "OpenSSL", "DeviceIdentity", "Diagnostics", "TestFleet", "TestSupport", "assayd",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: common),
        .testTarget(
            name: "SimulatorHTTPTests",
            dependencies: [
                "SimulatorHTTP", "Simulator", "Diagnostics",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: common),
        .testTarget(
            name: "SimulatorCoAPTests",
            dependencies: ["SimulatorCoAP", "Simulator", "TestFleet", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "SimulateTests",
            dependencies: [
                "Store", "Journal", "DeviceIdentity", "InputOutput", "JSON", "TestFleet", "TestSupport",
                "assay", "assayd",
                "assay-submit",
            ],
            swiftSettings: common),
    ]
}

// Only scripts/fuzz.sh sets ASSAY_FUZZ: the fuzzer does not link without the compiler's -sanitize=fuzzer.
if Context.environment["ASSAY_FUZZ"] == "1" {
    package.targets += [
        .systemLibrary(name: "CLibFuzzer"),
        .executableTarget(
            name: "assay-fuzz", dependencies: ["CLibFuzzer", "FuzzTargets", "InputOutput"],
            swiftSettings: common + [.unsafeFlags(["-parse-as-library"])]),
    ]
}

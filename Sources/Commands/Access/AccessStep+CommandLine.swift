import Access
import DeviceIdentity

/// How a step is done by hand and with this program.
struct StepInstructions: Equatable {
    /// What is done, in one clause.
    let title: String
    /// What a modem on the bench is told instead of, or beside, the commands.
    var modem: String?
    /// What is done by hand before the commands.
    var byHand: String?
    /// Command lines of this program, in their order. Words in capitals are the reader's to fill in.
    let commands: [String]
}

extension AccessStep {
    private static let service = "--service nrfcloud --api-key-file key.txt"

    /// What to do, in the words of the command line.
    func instructions(_ use: AccessUse, _ tag: SecTag, device: String) -> StepInstructions {
        switch self {
        case .makeAuthority:
            StepInstructions(
                title: "make a CA of your own, once for all devices",
                commands: ["assay ca init ca --subject 'CN=Device CA'"])
        case .makeDeviceKey:
            StepInstructions(
                title: "let the modem make its key, and fetch the request for its certificate",
                modem: "AT%KEYGEN=\(tag),2,0, off line, or assay modem keygen --port PORT --sec-tag \(tag)",
                commands: [
                    "assay commands compose --device \(device) --sec-tag \(tag) csr -o csr.json",
                    "assay commands submit csr.json \(Self.service) --wait --csr-out csrs.txt",
                ])
        case .issueCertificate:
            StepInstructions(
                title: "issue the certificate; its common name is that of the request",
                commands: [
                    "assay ca issue --ca ca --keys devices.csv --require-attestation --json csrs.txt -o issued.jsonl "
                        + "--pem device.pem"
                ])
        case .registerCertificate:
            StepInstructions(
                title: "register the certificate with the account, before the device connects",
                commands: [
                    "assay claim onboard issued.jsonl -o boards",
                    "assay onboard submit boards/onboard-0001.csv \(Self.service)",
                ])
        case .writeCertificates:
            StepInstructions(
                title: "write root CA and client certificate to the modem",
                modem:
                    "AT%CMNG=0,\(tag),0,\"<root CA>\" and AT%CMNG=0,\(tag),1,\"<certificate>\", off line, or "
                    + "assay modem install --port PORT --sec-tag \(tag) root.pem device.pem",
                commands: [
                    "assay commands compose --manifest issued.jsonl --sec-tag \(tag) server-certificate=nrf-cloud "
                        + "finished -o commands.jsonl",
                    "assay commands submit commands.jsonl \(Self.service) --wait",
                ])
        case .writeRootCertificate: Self.writeRoot("nrf-cloud", tag, device)
        case .writeCoAPRootCertificate: Self.writeRoot("nrf-cloud-coap", tag, device)
        case .checkModem: Self.check(use, tag, device)
        case .checkDeviceJWT:
            StepInstructions(
                title: "look at a JWT as the device sends it",
                modem: "AT%JWT=0,600,\"DEVICE_ID\",\"\",\(tag),2",
                commands: ["assay jwt verify --key device.pem jwt.txt"])
        case .getAPIKey:
            StepInstructions(
                title: "take the API key, and ask whose it is",
                byHand:
                    "copy the key from the account page of the portal to key.txt, which nobody else may read",
                commands: ["assay account show \(Self.service)"])
        case .getServiceKey:
            StepInstructions(
                title: "take the service key",
                byHand:
                    "POST /v1/account/service-key-and-token with the API key; write the member key to service.key",
                commands: ["assay key public service.key --no-passphrase -o service.pem"])
        case .signServiceJWT:
            StepInstructions(
                title: "sign a service token; account show names the team",
                commands: [
                    "assay jwt sign --key service.key --no-passphrase --kid none --audience TEAM --expires-in 30d "
                        + "-o service.jwt",
                    "assay jwt verify --key service.pem --audience TEAM service.jwt",
                ])
        }
    }

    private static func writeRoot(_ name: String, _ tag: SecTag, _ device: String) -> StepInstructions {
        StepInstructions(
            title: "write the root CA to the modem",
            modem:
                "AT%CMNG=0,\(tag),0,\"<root CA>\", off line, or assay modem install --port PORT --sec-tag \(tag) root.pem",
            commands: [
                "assay commands compose --device \(device) --sec-tag \(tag) server-certificate=\(name) finished "
                    + "-o commands.json",
                "assay commands submit commands.json \(service) --wait",
            ])
    }

    private static func check(_ use: AccessUse, _ tag: SecTag, _ device: String) -> StepInstructions {
        let root = use == .coap ? "nrf-cloud-coap" : "nrf-cloud"
        let files = use == .mqtt ? "\(root) device.pem --ca ca --client-id \(device)" : root
        return StepInstructions(
            title: "hold what the modem has against the files",
            modem: "AT%CMNG=1",
            commands: ["assay access check listing.txt \(files) --use \(use.rawValue) --sec-tag \(tag)"])
    }
}

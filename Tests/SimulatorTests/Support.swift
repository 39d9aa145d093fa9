import DeviceIdentity
import OpenSSL
import ProvisioningCommands
import Simulator
import Testing

let tag: UInt32 = 16_842_753

/// A certificate as an operator writes it to a device.
let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBtjCCAVugAwIBAgITBmyf1XSXNmY/Owua2eiedgPySjAKBggqhkjOPQQDAjA5
    MQswCQYDVQQGEwJVUzEPMA0GA1UEChMGQW1hem9uMRkwFwYDVQQDExBBbWF6b24g
    Um9vdCBDQSAzMB4XDTE1MDUyNjAwMDAwMFoXDTQwMDUyNjAwMDAwMFowOTELMAkG
    A1UEBhMCVVMxDzANBgNVBAoTBkFtYXpvbjEZMBcGA1UEAxMQQW1hem9uIFJvb3Qg
    Q0EgMzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCmXp8ZBf8ANm+gBG1bG8lKl
    ui2yEujSLtf6ycXYqm0fc4E7O5hrOXwzpcVOho6AF2hiRVd9RFgdszflZwjrZt6j
    QjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgGGMB0GA1UdDgQWBBSr
    ttvXBp43rDCGB5Fwx5zEGbF4wDAKBggqhkjOPQQDAgNJADBGAiEA4IWSoxe3jfkr
    BqWTrBqYaGFy+uGh0PsceGCmQ5nFuMQCIQCcAu/xlJyzlvnrxir4tiz+OpAUFteM
    YyRIHN8wfdVoOw==
    -----END CERTIFICATE-----

    """

/// A modem of a simulated device, and what it computes with.
struct Bench {
    let arithmetic: P256Arithmetic
    let device: SimulatedDevice
    var modem: Modem

    init(_ model: DeviceModel = .nRF9151, capacity: Int = CredentialStore.standardCapacity) throws {
        arithmetic = try P256Arithmetic()
        device = try SimulatedDevice(seed: FleetSeed("bench"), index: 0, model: model, arithmetic: arithmetic)
        modem = Modem(device, credentials: CredentialStore(capacity: capacity))
        modem.isActive = false
    }

    mutating func run(_ name: String, _ parameters: String) -> Modem.Answer {
        modem.run(name, parameters, arithmetic)
    }

    func client(_ profile: ClientProfile = .v3_2, plan: FailurePlan = FailurePlan()) -> SimulatedClient {
        SimulatedClient(Modem(device), profile: profile, plan: plan)
    }
}

func at(_ id: String, _ name: String, _ parameters: String, ignoring codes: [UInt32] = []) -> DeviceCommand {
    DeviceCommand(
        correlationID: id,
        action: .at(ATCommand(name: name, parameters: parameters, ignoredErrors: codes)))
}

func finished(_ id: String) -> DeviceCommand { DeviceCommand(correlationID: id, action: .finished) }

func config(_ id: String, _ pairs: KeyValuePairs<String, String>) -> DeviceCommand {
    DeviceCommand(
        correlationID: id,
        action: .config(pairs.map { ConfigurationSetting(key: $0.key, value: $0.value) }))
}

/// The commands of a key generation with the deletion in front.
func keyGeneration(_ id: String) -> [DeviceCommand] {
    [
        at("\(id).s", "%CMNG", "3,\(tag),2", ignoring: [513]),
        at(id, "%KEYGEN", "\(tag),2,0,\"CN=bench\",\"101010000\""),
    ]
}

package import Diagnostics

extension Hint {
    /// The next step in the words of the command line.
    package var commandLine: String {
        switch self {
        case .text(let text): text
        case .confirmClock:
            "set the clock of this machine; if it is right, --accept-clock enters that you say so"
        case .nameStore: "name one with --store or ASSAY_STORE; assay device add and device import make one"
        case .chooseStoreFile: "choose a file with --store"
        case .fillStore: "assay device add and device import make one of it"
        case .chooseOtherStore: "expected an Assay store; choose another file with --store"
        case .storeIsOfDevices:
            "--store names the file of the devices; a CA's folder names its ledger itself"
        case .attachLedger:
            "assay ca ledger attach DIR --store FILE gives a CA its ledger out of such a store"
        case .attachLedgerOfStore:
            "assay ca ledger attach gives a CA of the first version its ledger out of such a store"
        case .putLedgerBack: "put the CA's own ledger there; assay explain ledger-mismatch tells more"
        case .upgradeStore:
            "assay store upgrade, or any command that writes to the store, brings it up to date"
        case .composeForEachDevice: "make a batch for each device with assay commands compose"
        case .compareKeyIDs:
            "assay key inspect shows the kid of a key; it has to be that of the certificate"
        case .makeIntermediate: "assay ca init --issuer makes a CA below another one"
        case .issueFor(let days): "give --days \(days) or fewer, or renew the CA"
        case .delimiter(let name): "--delimiter \(name) reads such a file; nothing is guessed"
        case .sendOnboarding:
            "assay onboard submit checks and sends it; assay claim onboard makes one from certificates"
        case .nameAsStore: "name a store with --store"
        case .makePublicHalf: "assay key public prints the public half"
        case .issueCertificate: "a request is for the CA: assay ca issue makes its certificate"
        case .registerKey: "register the device's key (assay device import)"
        case .confirmKey: "confirm the key (assay device trust)"
        case .renameOrReplace: "choose another name, or say --force to replace it"
        case .replaceStored: "choose another --sec-tag, or say --overwrite to replace it"
        case .silentPort:
            "try another port of the board (ls /dev/serial/by-id), another --baud, or reset the device; its firmware has "
                + "to take AT commands"
        case .noisyPort:
            "try another --baud, or the board's other port: this one may be for its log, or of something else than a modem"
        case .slowModem:
            "give the command again; a device that hangs wants a reset, a slow one a longer --timeout"
        case .spareAuthority: "write it to another file; --force replaces no file of a CA's folder"
        case .reissue: "--reissue asks for a new one"
        case .replaceAuthority:
            "make a new CA with a key of its own; assay ca crl still lists what this one revoked"
        }
    }
}

extension CheckFailure {
    /// The message with its next step, in the words of the command line.
    package var commandLine: String { hint.map { "\(message); \($0.commandLine)" } ?? message }
}

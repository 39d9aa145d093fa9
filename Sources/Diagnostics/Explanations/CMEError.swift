/// The `+CME ERROR` codes that modems answer credential commands with, as far as their meaning is published (AT command
/// reference of the nRF91 Series, `%CMNG`, `%KEYGEN`, `%ATTESTTOKEN`, `%JWT`, `%XSUDO`).
public enum CMEError {
    /// All codes that are known here, in order.
    public static let known = texts.keys.sorted()

    /// What a code means in a few words; nil for one that is not known here.
    public static func meaning(_ code: UInt32) -> String? { texts[code]?.meaning }

    /// What a code means, its usual causes and what to do; nil for one that is not known here.
    public static func explanation(_ code: UInt32) -> Explanation? {
        guard let text = texts[code] else { return nil }
        return Explanation(
            meaning: "The modem answered +CME ERROR: \(code), \(text.meaning).", causes: text.causes,
            remedy: text.remedy)
    }

    private static let offline =
        "Take the modem off line with AT+CFUN=4, give the command again, and AT+CFUN=1 after it."

    private static let texts: [UInt32: (meaning: String, causes: [String], remedy: String)] = [
        50: (
            "bad parameters",
            [
                "A parameter is missing, out of range, or not in quotes.",
                "The attributes of AT%KEYGEN are not one quoted list such as \"CN=device\".",
                "The modem firmware is older than the parameter.",
            ],
            "Compare the command with the AT command reference of the modem's firmware; AT+CGMR tells the version."
        ),
        51: (
            "the command is disabled",
            ["The modem firmware has the command switched off in this state."],
            "Compare the command with the AT command reference of the modem's firmware; AT+CGMR tells the version."
        ),
        513: (
            "not found",
            [
                "There is no credential of this type under this security tag.",
                "The credential was written under another security tag, or deleted.",
            ],
            "AT%CMNG=1 lists what is there. Write the credential first, or name the security tag that has it."
        ),
        514: (
            "not allowed",
            [
                "A private key was to be read: it never leaves the modem.",
                "The security tag belongs to the modem itself, or its content is protected.",
            ],
            "Use another security tag. To replace a private key, delete it and write or generate a new one."
        ),
        515: (
            "memory full",
            ["The modem's credential storage is full.", "The certificate is larger than the modem takes."],
            "AT%CMNG=1 lists what is there; delete what is not needed with AT%CMNG=3, and send fewer CA certificates."
        ),
        518: (
            "not allowed while the modem is active",
            [
                "The modem was on line (AT+CFUN=1): keys and certificates are written while it is off line only.",
                "The application connected again while the credentials were written.",
            ],
            offline
        ),
        519: (
            "already exists",
            ["Under this security tag there is a key already: AT%KEYGEN does not replace one."],
            "Delete the key with AT%CMNG=3,<sec_tag>,2, or use another security tag. The endorsement key is not replaced."
        ),
        520: (
            "authentication failed",
            ["The signature or the key of AT%XSUDO is not the one that the modem expects."],
            "Make the signature again for this very command and device; its key belongs to the public key in the modem."
        ),
        523: (
            "key generation failed",
            [
                "The type of the key, the attributes or the key usage are not what the modem supports.",
                "The modem's credential storage could not take the key.",
            ],
            "Give AT%KEYGEN=<sec_tag>,2,0 without attributes; when that works, add them one by one."
        ),
        525: (
            "no JWT was made",
            [
                "There is no private key under the security tag of AT%JWT.",
                "The modem has no valid time: it was not on a network since it started.",
            ],
            "AT%CMNG=1 lists the keys. Wait until AT+CCLK? answers with the time, or set it, and ask again."
        ),
        527: (
            "invalid content",
            [
                "The PEM has CR LF line ends, or no line feed after its last line (seen with modem firmware 2.0.2 and 2.0.4).",
                "The text is not PEM of the type that was named, or was cut off.",
                "A client certificate belongs to another key than the one under the security tag.",
            ],
            "Write PEM with LF line ends; assay commands compose normalises it. assay cert inspect says whether the file "
                + "is whole."
        ),
        528: (
            "power-off warning",
            ["The supply voltage is too low to write to the modem's flash."],
            "Charge or supply the device, start the modem again, and give the command again."
        ),
        529: (
            "no claim token was made",
            [
                "The device has no identity key or device UUID that the modem can attest with.",
                "The modem was not ready.",
            ],
            "AT%KEYGEN with key type 8 reports the identity key and AT%DEVICEUUID the UUID; if both answer, ask again."
        ),
    ]
}

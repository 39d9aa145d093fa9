// Files of many devices, and command batches.

extension Explanation {
    static let csv = Explanation(
        meaning: "A row is not the CSV (RFC 4180) that was expected.",
        causes: [
            "A column is missing: the attestation file has imei,uuid,token,time.",
            "A quote is not closed, or text follows a closing quote.",
            "A spreadsheet program saved it with semicolons, or turned the IMEI into 3.55E+14.",
            "The header names none of the columns that are needed.",
        ],
        remedy: "Look at the row and column in the message. Keep the file as the tool wrote it; do not "
            + "send it "
            + "through a spreadsheet.")

    static let json = Explanation(
        meaning: "The text is not the strict JSON (RFC 8259) that was expected.",
        causes: [
            "The file is cut, or is a list where JSON Lines (one object a line) were expected.",
            "A member occurs twice in one object.",
            "A member is missing, is unknown or has another type.",
        ],
        remedy: "Look at the line and column in the message.")

    static let mixedInput = Explanation(
        meaning:
            "Inputs of several forms stand together so that it is not clear which of them is meant, or what "
            + "belongs to what.",
        causes: [
            "A line holds two tokens, or two answers of a modem.",
            "A row or a JSON object has a request and a token that is of another request.",
            "A row of a CSV file, or a JSON object, stands in a list of tokens or in the log of a modem: the device "
                + "that it names would not be compared with the token.",
        ],
        remedy:
            "Give each form a file of its own, or say with --format how the file is written; every line is then "
            + "read in that form.")

    static let modemError = Explanation(
        meaning:
            "A modem, or the log of one, has no answer of the kind that is wanted, but a refusal, +CME ERROR and a number, "
            + "or something that is no answer.",
        causes: [
            "The modem was on line: keys and certificates are written while it is off line (518).",
            "The security tag has something already (515, 527), or nothing yet (513).",
            "A parameter of the command is wrong, or the firmware does not know it (50, 51).",
            "At a serial port: another baud rate, a log, another program or the application that talks to the modem too.",
        ],
        remedy:
            "assay explain with the number, for example assay explain 518, says what it means. Give the command again, "
            + "and save its answer.")

    static let listing = Explanation(
        meaning: "The text is not a modem's answer to AT%CMNG=1, or a line of it cannot be read.",
        causes: [
            "The listing was cut, or two lines ran into each other on the serial line.",
            "The file holds something else, for example the answer to another command.",
        ],
        remedy: "Give AT%CMNG=1 again and save all that the modem answers, up to its OK.")

    static let credentialMissing = Explanation(
        meaning: "The modem does not have a credential that it needs.",
        causes: [
            "It was never written, or was deleted before it was to be written anew.",
            "It was written under another security tag than the one that is asked about.",
            "The modem was on line when it was written: it answers 518 then, and keeps what it had.",
        ],
        remedy:
            "assay access plan says what is needed and how to get it. Give the security tag with --sec-tag where it is "
            + "not 16842753.")

    static let credentialMismatch = Explanation(
        meaning:
            "The modem has another text than the file in the place of a credential, or one that cannot be compared.",
        causes: [
            "An older certificate was not replaced: %CMNG refuses to write over what is there (519), and deletes first.",
            "The file belongs to another device.",
            "The text was written with other line ends, which gives another digest of the same certificate.",
            "It is a private key: no published rule says what its digest is made of.",
        ],
        remedy:
            "Delete the credential and write the file, with LF line ends and one at the end, then list again."
    )

    static let command = Explanation(
        meaning: "A provisioning command is not one that the service takes.",
        causes: [
            "The request has no member or several; exactly one names the kind of command.",
            "The kind is mistyped, or a field of it is missing or unknown.",
            "A certificate's content is not PEM, or does not fit what the modem can take in one command.",
            "keyUsage is not nine characters 0 or 1.",
        ],
        remedy: "Compose the batch with assay commands compose, or compare it with assay-formats(5).")

    static let commandOrder = Explanation(
        meaning: "The commands are each right, but not in this order or combination.",
        causes: [
            "finished is missing; without it the device stays in the state AWAITING for ever.",
            "A command follows finished.",
            "A client certificate is written before the key it belongs to was generated, or generating a key "
                + "comes after and removes it.",
            "The client certificate is not for the key of the CSR on the same security tag.",
        ],
        remedy: "Order the steps: keys and CSRs, then certificates, then finished.")

    static let secTag = Explanation(
        meaning: "The security tag is not one that can be used here.",
        causes: [
            "It is above 2147483647; those belong to the modem.",
            "It lies in 2147483648 to 2147483667, tags for tests whose traffic can be decrypted.",
            "One tag is used for two things that cannot share it.",
        ],
        remedy: "Use a tag between 0 and 2147483647; nRF Cloud's own is 16842753.")

    static let commandLimit = Explanation(
        meaning: "The batch holds more than the service or the device takes.",
        causes: [
            "The service keeps at most 20 commands a device.",
            "The device library reads at most 10 commands at once by default and gives up on more.",
            "A certificate chain is longer than the modem's AT line of 1792 bytes or the device's receive "
                + "buffer.",
            "The counter of the correlation ids runs out of the device's buffer of 45 characters.",
        ],
        remedy: "Put several configuration values into one command, leave intermediate certificates out, or "
            + "split the batch in two with a finished at the end of each.")

    static let duplicateDevice = Explanation(
        meaning: "The same device, or what only one device has, occurs more than once.",
        causes: [
            "A device was read twice on the line, and both rows were kept.",
            "Two files of one lot were joined.",
            "An IMEI is registered for another device already, or the device with another IMEI.",
            "A device that has its certificate asks for one with another key.",
        ],
        remedy: "Keep the newest row of each device UUID; the message names both rows.")
}

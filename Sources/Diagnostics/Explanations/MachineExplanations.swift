// The service, this machine and this program.

extension Explanation {
    static let serviceUnreachable = Explanation(
        meaning: "The service could not be reached, or did not answer in time.",
        causes: [
            "The address is wrong, or nothing listens there.",
            "A firewall or proxy of the plant network stands between.",
            "The certificate of the server is not trusted on this machine.",
        ],
        remedy: "Try the address by hand, then run the same command again: what was done before is not "
            + "repeated.")

    static let serviceRefused = Explanation(
        meaning: "The service understood the request and said no.",
        causes: [
            "401: the API key is of the new portal, of another team, or was regenerated.",
            "403: the key's role may not do this; a viewer cannot claim.",
            "409: the device is claimed already, by this team or another.",
            "429: too many requests; --rate slows down.",
        ],
        remedy: "Read the service's own words in the message. A device claimed elsewhere has to be unclaimed "
            + "there first.")

    static let serviceContract = Explanation(
        meaning: "The service answered with something that its own documentation rules out.",
        causes: [
            "The URL points at another service or at a login page.",
            "A proxy cut the answer or replaced it.",
            "The service changed.",
        ],
        remedy: "Check the URL and its version part (…/v1/). If they are right, report what was expected and "
            + "found.")

    static let io = Explanation(
        meaning: "The operating system could not read or write a file, or the file is not usable.",
        causes: [
            "The file does not exist, or this user may not read or write it.",
            "The disk is full.",
            "The path is a folder where a file is needed, or the other way round.",
            "The input is larger than what is read into memory at once.",
        ],
        remedy: "The message names the file and the reason.")

    static let wouldOverwrite = Explanation(
        meaning: "The output file exists, and results are never written over an existing file by themselves.",
        causes: [
            "The command was run before with the same -o.",
            "Two inputs lead to one file name.",
        ],
        remedy: "Choose another name, or say --force if the old file may go.")

    static let locked = Explanation(
        meaning: "Another process holds the store or the CA's ledger, and it did not let go in time.",
        causes: [
            "A long batch is running on the same store.",
            "The store lies on a network file system whose locks do not work.",
        ],
        remedy: "Wait for the other process and run the command again; nothing was changed.")

    static let passphrase = Explanation(
        meaning: "The private key could not be opened: the passphrase is wrong, missing or not wanted.",
        causes: [
            "The passphrase file ends in something else than one newline, or belongs to another key.",
            "The key is encrypted and no passphrase was given, and there is no terminal to ask on.",
            "A new key needs a passphrase or the explicit --no-passphrase.",
        ],
        remedy: "Give it with --passphrase-file FILE, --passphrase-fd N or --passphrase-env NAME, never "
            + "as an "
            + "argument.")

    static let usage = Explanation(
        meaning: "The command line does not say what to do: an option or argument is wrong, missing or "
            + "too much.",
        causes: [
            "An option is mistyped or misses its value.",
            "Two options exclude each other.",
            "There is nothing to read: no argument, no --input, and standard input was not named with -.",
        ],
        remedy: "See the command's --help or its manual page.")

    static let internalFault = Explanation(
        meaning: "A fault in assay itself; the input may be quite right.",
        causes: [
            "A check inside the program failed.",
            "The cryptographic library failed in a way that no input explains, for example without memory.",
        ],
        remedy: "Run it again; if it stays, report the command, the version and the message, without the "
            + "token.")
}

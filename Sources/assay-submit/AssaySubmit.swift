import Commands

/// The verbs of `assay` that talk to a service; `assay` executes this program with its own arguments.
@main
struct AssaySubmit {
    static func main() { Program.main(network: SubmittingVerbs()) }
}

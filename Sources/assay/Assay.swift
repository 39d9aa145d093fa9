import Commands

@main
struct Assay {
    static func main() { Program.main() }
}

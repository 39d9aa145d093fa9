import CLibFuzzer
import FuzzTargets
import InputOutput

/// The `main` of this program: SwiftPM gives an executable's entry the name of its module, so that libFuzzer's own
/// cannot be used and its driver is called instead. $ASSAY_FUZZ_TARGET names the target.
@_cdecl("assay_fuzz_main")
public func fuzz(
    _ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    guard selected != nil else {
        write("assay-fuzz: expected ASSAY_FUZZ_TARGET to be one of \(FuzzTarget.names)\n")
        return 64
    }
    var count = argumentCount
    var arguments = arguments
    return LLVMFuzzerRunDriver(&count, &arguments) { start, size in
        check(Array(UnsafeBufferPointer(start: start, count: size)))
        return 0
    }
}

private let selected = System.environment("ASSAY_FUZZ_TARGET").flatMap { FuzzTarget(rawValue: $0) }

/// Ends the process by a trap when a rule is broken, which libFuzzer takes for a finding.
private func check(_ bytes: [UInt8]) {
    guard let selected, let broken = selected.check(bytes) else { return }
    write("assay-fuzz: \(selected.rawValue): \(broken)\n")
    preconditionFailure(broken)
}

private func write(_ text: String) { try? StandardStream.error().write(Array(text.utf8)) }

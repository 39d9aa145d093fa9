import Claims
import Diagnostics
import InputOutput
import Intake
import JSON
import OpenSSL
import PKIX

/// A certificate to onboard, and where it was.
struct OnboardingItem {
    let line: Int
    /// The DER, or why there is none.
    let certificate: Result<[UInt8], CheckFailure>
    /// The device that the source says the certificate is for.
    var deviceUUID: String?
}

/// The certificates of one file: PEM, or JSON Lines as `ca issue --json` and `ca export --format jsonl` print them.
enum OnboardingStream {
    static let expected = Expectation(.pem, "a certificate")
    private static let chunkSize = 65_536

    /// Calls `body` for each certificate, in order, until it answers false.
    ///
    /// - Returns: whether there was anything in the file.
    static func read(
        _ path: String, _ passedOver: PassedOver, _ body: (OnboardingItem) throws(ToolError) -> Bool
    ) throws(ToolError) -> Bool {
        let source = try SourceReader(path, for: expected)
        let head = try source.look().value
        let isJSON = head?.bytes.first { !$0.isBlank } == UInt8(ascii: "{")
        var reader = LineChunkReader(
            source.source, boundary: isJSON ? .anyLine : .pemEnd, target: chunkSize)
        while let chunk = try reader.next(), !Interruption.requested {
            for item in isJSON ? jsonItems(chunk) : pemItems(chunk, passedOver) {
                guard try body(item) else { return true }
            }
        }
        return head?.isBlank == false
    }

    private static func jsonItems(_ chunk: LineChunk) -> [OnboardingItem] {
        var items: [OnboardingItem] = []
        chunk.forEachLine { line, number in
            if !line.trimmed.isEmpty { items.append(jsonItem(line.trimmed, number)) }
            return true
        }
        return items
    }

    private static func jsonItem(_ line: ArraySlice<UInt8>, _ number: Int) -> OnboardingItem {
        func failed(_ code: ErrorCode, _ message: String) -> OnboardingItem {
            OnboardingItem(line: number, certificate: .failure(CheckFailure(code, message)))
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: line)
        } catch {
            return failed(.json, "\(error.message), character \(error.column)")
        }
        switch value["status"]?.stringValue {
        case nil, "issued", "existing", "valid": break
        case "revoked": return failed(.revoked, "expected a certificate that is valid, found a revoked one")
        case "expired": return failed(.validity, "expected a certificate that is valid, found an expired one")
        case let status?:
            return failed(
                .notAttested, "expected a certificate that was issued, found the status '\(status)'")
        }
        guard let pem = value["certificatePem"]?.stringValue else {
            return failed(.json, "expected a member certificatePem, found none")
        }
        do {
            let der = try PEMDocument(Array(pem.utf8)).single("CERTIFICATE")
            return OnboardingItem(
                line: number, certificate: .success(der), deviceUUID: value["deviceUuid"]?.stringValue)
        } catch {
            return failed(.pem, error.description)
        }
    }

    /// The blocks, and what else has the shape of an input between them, in the order of their lines.
    private static func pemItems(_ chunk: LineChunk, _ passedOver: PassedOver) -> [OnboardingItem] {
        let others = inputsBetween(chunk, passedOver)
        let blocks = blockItems(chunk)
        return others.isEmpty ? blocks : (blocks + others).sorted { $0.line < $1.line }
    }

    private static func inputsBetween(_ chunk: LineChunk, _ passedOver: PassedOver) -> [OnboardingItem] {
        var items: [OnboardingItem] = []
        var isInBlock = false
        var isInDamage = false
        chunk.forEachLine { line, number in
            let text = line.trimmed
            if line.starts(with: begin) { isInBlock = true }
            if isInBlock || text.isEmpty {
                if line.starts(with: end) { isInBlock = false }
                return true
            }
            // What follows a damaged BEGIN line is of its block, and has been told with it.
            let isOfDamage = isInDamage && (BareBlock.isBase64(text) || PEMDamage.isArmour(line))
            isInDamage = isOfDamage && !PEMDamage.isArmour(line)
            if isOfDamage, !PEMDamage.isBegin(line) { return true }
            let damage = TextBetweenBlocks(Array(line), 0..<line.count)
            // An object is told as one, whatever is in it.
            if text.first != UInt8(ascii: "{"), let reason = damage.damaged.first?.reason {
                items.append(
                    OnboardingItem(line: number, certificate: .failure(CheckFailure(.pem, reason))))
                isInDamage = damage.endsInDamage
                return true
            }
            let isNoise = if case .noise = LineShape(text) { true } else { false }
            if text.first == UInt8(ascii: "{") || !isNoise || LineCensus.isRow(text) {
                let failure = CheckFailure(
                    .mixedInput,
                    "expected a certificate in PEM, found an object, a row or a token beside one")
                items.append(OnboardingItem(line: number, certificate: .failure(failure)))
            } else {
                passedOver.add(lines: 1)
            }
            return true
        }
        return items
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)

    private static func blockItems(_ chunk: LineChunk) -> [OnboardingItem] {
        var items: [OnboardingItem] = []
        var scanner = PEMScanner()
        func line(_ line: Int) -> Int { chunk.firstLine + line - 1 }
        while true {
            switch scanner.next(in: chunk.bytes, isLast: true) {
            case .block(let block):
                guard block.label == "CERTIFICATE" else {
                    let failure = CheckFailure(.pem, "expected a CERTIFICATE, found \(block.label)")
                    items.append(OnboardingItem(line: line(block.line), certificate: .failure(failure)))
                    continue
                }
                do {
                    let der = try block.decode(in: chunk.bytes)
                    items.append(OnboardingItem(line: line(block.line), certificate: .success(der)))
                } catch {
                    let failure = CheckFailure(.pem, error.reason)
                    items.append(OnboardingItem(line: line(block.line), certificate: .failure(failure)))
                }
            case .malformed(let error, _):
                let failure = CheckFailure(.pem, error.reason)
                items.append(OnboardingItem(line: line(error.line), certificate: .failure(failure)))
            case .more, .end: return items
            }
        }
    }
}

import Diagnostics
import Testing

@Suite struct ExplanationTests {
    @Test(arguments: ErrorCode.allCases)
    func everyCodeIsExplainedInWholeSentences(_ code: ErrorCode) {
        let explanation = code.explanation
        #expect(!explanation.causes.isEmpty)
        for sentence in [explanation.meaning, explanation.remedy] + explanation.causes {
            #expect(sentence.hasSuffix("."), "\(code.rawValue): \(sentence)")
            #expect(sentence.count > 15, "\(code.rawValue): \(sentence)")
            #expect(!sentence.contains("  "), "\(code.rawValue): \(sentence)")
            #expect(sentence.escapedForTerminal == sentence, "\(code.rawValue): \(sentence)")
        }
    }

    @Test func noTwoCodesShareAnExplanation() {
        let meanings = Set(ErrorCode.allCases.map(\.explanation.meaning))
        #expect(meanings.count == ErrorCode.allCases.count)
    }

    @Test(arguments: ErrorCode.allCases)
    func codesAreLowerCaseWordsWithHyphens(_ code: ErrorCode) {
        let words = code.rawValue.split(separator: "-", omittingEmptySubsequences: false)
        #expect(!words.isEmpty)
        #expect(
            words.allSatisfy {
                !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber) }
            })
    }

    /// The contract's list, in its order: a code that scripts compare is never renamed or dropped.
    @Test func theListIsTheContract() {
        let contract = """
            token-format base64url cbor cose algorithm signature digest uuid-mismatch challenge-mismatch \
            nonce-reused unknown-key key-conflict untrusted-key jwt-format jwt-claims jwt-expired \
            jwt-not-yet-valid jwt-too-old jwt-audience jwt-issuer jwt-subject kid-mismatch pem der \
            csr-signature csr-key csr-subject csr-extension key-reused name-taken issuer-invalid issuer-key-mismatch ledger-mismatch \
            validity profile lint not-attested revoked chain key-mismatch client-id csv json mixed-input modem-error listing credential-missing credential-mismatch command command-order sec-tag \
            command-limit duplicate-device service-unreachable service-refused service-contract io \
            would-overwrite locked passphrase usage internal
            """
        #expect(ErrorCode.allCases.map(\.rawValue) == contract.split(separator: " ").map(String.init))
    }

    @Test func exitStatusesAreTheContract() {
        #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 70, 130])
        #expect(Set(ExitStatus.allCases.map(\.meaning)).count == ExitStatus.allCases.count)
    }
}

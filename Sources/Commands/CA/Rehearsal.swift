import CertificateAuthority
import Diagnostics
import InputOutput
import Keys
import Ledger
import OpenSSL
import Store

/// The narrow places of issuing - the ledger, the key, the outputs - with steps before and after each at which a test
/// can let the process die (``InputOutput/FaultPoint``). In a release build they are the places alone.
enum Rehearsal {
    static func of(_ ledger: any IssuanceLedger) -> any IssuanceLedger {
        #if DEBUG
            RehearsedLedger(ledger)
        #else
            ledger
        #endif
    }

    static func of(_ key: any SigningKey) -> any SigningKey {
        #if DEBUG
            RehearsedKey(key: key)
        #else
            key
        #endif
    }

    /// A step between the files of a CA's folder.
    static func folderStep() {
        #if DEBUG
            FaultPoint.folderStep.reach()
        #endif
    }

    static func of(_ sink: any ByteSink) -> any ByteSink {
        #if DEBUG
            RehearsedSink(sink)
        #else
            sink
        #endif
    }
}

#if DEBUG
    /// The ledger, with steps around its transactions.
    private final class RehearsedLedger: IssuanceLedger {
        private let ledger: any IssuanceLedger

        init(_ ledger: any IssuanceLedger) { self.ledger = ledger }

        func exchange(
            _ signed: [SignedIntent], _ intents: [IssuanceIntent], reissue: Bool, at time: Int64
        ) throws(ToolError) -> (taken: [Int: TakenEntry], outcomes: [IntentOutcome]) {
            if !intents.isEmpty { FaultPoint.beforeIntent.reach() }
            if !signed.isEmpty { FaultPoint.beforeCertificate.reach() }
            let answer = try ledger.exchange(signed, intents, reissue: reissue, at: time)
            if !intents.isEmpty { FaultPoint.afterIntent.reach() }
            if !signed.isEmpty { FaultPoint.afterCertificate.reach() }
            return answer
        }

        func settle() { ledger.settle() }

        func refusal(ofAuthority certificate: [UInt8], keyID: [UInt8]) throws(ToolError) -> CheckFailure? {
            try ledger.refusal(ofAuthority: certificate, keyID: keyID)
        }
    }

    /// A key, with steps around its signatures.
    private struct RehearsedKey: SigningKey {
        let key: any SigningKey

        var publicKey: PublicKey { key.publicKey }
        var concurrency: Int { key.concurrency }

        func makeSession(_ algorithm: SignatureAlgorithm) throws(ToolError) -> any SigningSession {
            Session(try key.makeSession(algorithm))
        }

        private final class Session: SigningSession {
            private let session: any SigningSession

            init(_ session: any SigningSession) { self.session = session }

            func sign(_ digest: [UInt8]) throws(ToolError) -> [UInt8] {
                FaultPoint.beforeSign.reach()
                defer { FaultPoint.afterSign.reach() }
                return try session.sign(digest)
            }
        }
    }

    /// An output, with steps around what it is given and around its end.
    private final class RehearsedSink: ByteSink {
        private let sink: any ByteSink

        init(_ sink: any ByteSink) { self.sink = sink }

        func write(_ bytes: [UInt8]) throws(ToolError) {
            FaultPoint.beforeReport.reach()
            try sink.write(bytes)
            FaultPoint.afterReport.reach()
        }

        func commit() throws(ToolError) {
            FaultPoint.beforeName.reach()
            try sink.commit()
            FaultPoint.afterName.reach()
        }
    }
#endif

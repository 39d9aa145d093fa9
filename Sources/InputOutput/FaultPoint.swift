#if DEBUG
    import Glibc
    import Synchronization

    /// Named steps at which a test lets the process die as if the power had gone: `ASSAY_FAULT=STEP` in the environment,
    /// or `STEP:N` for the N-th time that the step is reached. A release build does not have this.
    public enum FaultPoint: String, Sendable, CaseIterable {
        /// Intents are drafted; nothing of them is in the ledger.
        case beforeIntent = "before-intent"
        /// Intents are on disk; nothing is signed.
        case afterIntent = "after-intent"
        case beforeSign = "before-sign"
        /// A signature exists in memory alone.
        case afterSign = "after-sign"
        /// Certificates are signed and not in the ledger.
        case beforeCertificate = "before-certificate"
        /// Certificates are on disk and not reported.
        case afterCertificate = "after-certificate"
        case beforeReport = "before-report"
        case afterReport = "after-report"
        /// A result file is written and has no name yet.
        case beforeName = "before-name"
        case afterName = "after-name"
        /// Between the files of a new CA's folder.
        case folderStep = "folder-step"

        private static let wanted: (step: FaultPoint, time: Int)? = {
            let parts = (System.environment("ASSAY_FAULT") ?? "").split(separator: ":")
            guard let name = parts.first, let step = FaultPoint(rawValue: String(name)) else { return nil }
            return (step, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
        }()
        private static let times = Atomic<Int>(0)

        /// Dies here if that was asked for.
        public func reach() {
            guard let wanted = Self.wanted, wanted.step == self else { return }
            if Self.times.add(1, ordering: .relaxed).newValue == wanted.time { kill(getpid(), SIGKILL) }
        }
    }
#endif

import Attestation
import CertificateAuthority
import Diagnostics
import InputOutput
import JSON
import OpenSSL
import PKIX

/// `ca issue` at work: the stream of requests through the pipeline to certificates, in the order of the
/// input.
struct IssuanceRun {
    let plan: IssuancePlan
    /// The identity keys of devices, where some are known.
    let keys: KeySource?
    let requireAttestation: Bool
    let minimumTrust: KeyTrust
    /// PEM that follows each certificate.
    let chain: [UInt8]
    let json: Bool
    let folder: CertificateFolder?
    let jobs: Int
    let failFast: Bool

    /// What one thread owns.
    private final class Worker {
        let vetter: RequestVetter
        let issuing: IssuingWorker
        let keys: KeyLookup?
        var writer = JSONWriter(reservingCapacity: 65_536)

        init(
            _ plan: IssuancePlan, _ demand: RequestVetter.AttestationDemand, _ trust: KeyTrust,
            _ source: KeySource?
        ) throws(ToolError) {
            keys = try source?.lookup()
            do {
                vetter = try RequestVetter(profile: plan.profile, demand: demand, minimumTrust: trust)
                issuing = try IssuingWorker(plan: plan)
            } catch {
                throw ToolError(.internalFault, error.message)
            }
        }
    }

    private struct Output: Sendable {
        /// Finished results, when no files are written.
        var bytes: [UInt8] = []
        /// The results themselves, when each still has to get its file.
        var reports: [IssuanceReport] = []
        var tally = Tally()
        var errors: [ToolError] = []
        /// A fault that ends the run: the CA cannot sign.
        var fault: ToolError?
    }

    private var demand: RequestVetter.AttestationDemand {
        if requireAttestation { return .always }
        return keys == nil ? .none : .whenKeyIsKnown
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    func run(_ stream: RequestStream, to sink: (any ByteSink)?, console: Console) throws(ToolError) -> Tally {
        var stream = stream
        var tally = Tally()
        let (plan, demand, trust, keys) = (plan, demand, minimumTrust, keys)
        var writer = JSONWriter()
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in try Worker(plan, demand, trust, keys) },
            next: { () throws(ToolError) in stream.next() },
            process: { process($1, $0) },
            deliver: { found throws(ToolError) in
                var output = found
                writer.removeAll()
                writeFiles(&output, &writer)
                try sink?.write(output.bytes)
                if let fault = output.fault { throw fault }
                tally += output.tally
                for error in output.errors { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "requests")
                return !(failFast && tally.bad > 0)
            })
        guard tally.total > 0 else { throw ToolError(.pem, "expected a request, found none in the input") }
        return tally
    }

    private func process(_ chunk: RequestChunk, _ worker: Worker) -> Output {
        var output = Output()
        worker.writer.removeAll()
        if case .unreadable(let error) = chunk.content {
            let location = InputLocation(source: chunk.source, line: 1)
            output.errors.append(error)
            output.tally.unreadable += 1
            if json {
                let report = IssuanceReport(
                    location: location, failures: [.init(error.code, error.message)], isMalformed: true)
                emit(report, &worker.writer, &output)
            }
        } else {
            chunk.forEachItem { item in
                do throws(ToolError) {
                    let report = try report(
                        item, InputLocation(source: chunk.source, line: item.line), worker)
                    if folder == nil {
                        count(report, &output)
                        emit(report, &worker.writer, &output)
                    } else {
                        output.reports.append(report)
                    }
                    return !(failFast && report.status != .issued)
                } catch {
                    output.fault = error
                    return false
                }
            }
        }
        if json, folder == nil || output.reports.isEmpty { output.bytes = worker.writer.bytes }
        return output
    }

    /// Gives each certificate its file. On the delivering thread, so that of two for one name the first wins.
    private func writeFiles(_ output: inout Output, _ writer: inout JSONWriter) {
        guard let folder, !output.reports.isEmpty else { return }
        for found in output.reports {
            if failFast, output.tally.bad > 0 { break }
            var report = found
            if let failure = folder.write(report, chain: chain) {
                report.failures.append(failure)
                output.tally.unwritten += 1
                output.errors += json ? [] : [report.error].compactMap { $0 }
            } else {
                count(report, &output)
            }
            emit(report, &writer, &output)
        }
        if json { output.bytes = writer.bytes }
        output.reports = []
    }

    private func count(_ report: IssuanceReport, _ output: inout Output) {
        switch report.status {
        case .issued: output.tally.good += 1
        case .rejected where report.isMalformed: output.tally.malformed += 1
        case .rejected: output.tally.rejected += 1
        }
        if !json, let error = report.error { output.errors.append(error) }
    }

    private func emit(_ report: IssuanceReport, _ writer: inout JSONWriter, _ output: inout Output) {
        if json {
            report.write(json: &writer, chain: chain)
        } else if report.status == .issued, let certificate = report.certificate {
            output.bytes += PEMWriter.encode(label: "CERTIFICATE", der: certificate.der)
            output.bytes += chain
        }
    }

    private func report(
        _ item: RequestItem, _ location: InputLocation, _ worker: Worker
    ) throws(ToolError) -> IssuanceReport {
        let decoded: DecodedRequest
        switch DecodedRequest.decode(item) {
        case .failure(let failure):
            return IssuanceReport(location: location, failures: [failure], isMalformed: true)
        case .success(let value): decoded = value
        }
        let verdict: Result<VettedRequest, RequestVetter.Rejection> =
            switch decoded {
            case .bare(let request): worker.vetter.vet(request, expecting: item.expectations)
            case .attested(let token, _):
                worker.vetter.vet(
                    token, key: try worker.keys?.key(for: token.deviceUUID), expecting: item.expectations)
            }
        switch verdict {
        case .failure(let rejection):
            return IssuanceReport(
                location: location, requestSHA256: Digest.sha256(decoded.request.der),
                failures: rejection.failures)
        case .success(let request):
            var report = IssuanceReport(
                location: location, request: request, requestSHA256: request.requestSHA256)
            switch try worker.issuing.issue(request, serial: try CertificateSerial.fresh()) {
            case .success(let certificate): report.certificate = certificate
            case .failure(let failure): report.failures = [failure]
            }
            return report
        }
    }
}

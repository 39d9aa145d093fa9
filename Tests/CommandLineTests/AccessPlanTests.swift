import Access
import ArgumentParser
import DeviceIdentity
import Foundation
import Testing

@testable import Commands

/// Every command of every plan is one that the program takes.
@Suite struct AccessPlanTests {
    @Test(arguments: AccessPlan.all)
    func commandsAreAccepted(_ plan: AccessPlan) throws {
        let device = try DeviceUUID(text: "50363154-3931-44f0-8022-121b6401627d")
        for report in [
            AccessPlanReport(plan, .nrfCloud, device: nil),
            AccessPlanReport(plan, SecTag(42), device: device),
        ] {
            #expect(!report.commands.isEmpty)
            for line in report.commands {
                var words = ExampleTests.words(line)
                #expect(words.removeFirst() == "assay", "\(line)")
                #expect(throws: Never.self, "\(line)") { try AssayRoot.parseAsRoot(words) }
            }
        }
    }

    /// So is what does the same over a serial port.
    @Test(arguments: AccessPlan.all)
    func commandsAtTheModemAreAccepted(_ plan: AccessPlan) throws {
        let hints = plan.steps.compactMap { $0.instructions(plan.use, .nrfCloud, device: "UUID").modem }
        for line in hints.compactMap({ $0.components(separatedBy: ", or assay ").dropFirst().first }) {
            #expect(throws: Never.self, "\(line)") { try AssayRoot.parseAsRoot(ExampleTests.words(line)) }
        }
    }

    /// What a step makes is what the plan lists, all of it, and nothing twice.
    @Test(arguments: AccessPlan.all)
    func stepsMakeTheCredentials(_ plan: AccessPlan) {
        let made = plan.steps.flatMap(\.makes)
        #expect(made.count == Set(made).count)
        #expect(Set(made) == Set(plan.credentials))
    }

    /// The table of the documents: what a modem has to have for each use.
    @Test func modemsNeedWhatTheDocumentsSay() {
        let needs = AccessUse.allCases.map { AccessPlan.of(.device, $0)?.modemKinds }
        #expect(
            needs == [
                [.rootCertificate, .privateKey, .clientCertificate], [.rootCertificate, .privateKey],
                [.rootCertificate, .privateKey], [.rootCertificate], [.rootCertificate, .privateKey],
            ])
        let users = AccessUse.allCases.filter { AccessPlan.of(.user, $0) != nil }
        #expect(users == [.rest, .fota, .location])
    }

    /// A certificate is known to the cloud before anything goes to the modem with which the device could connect.
    @Test func registeringComesFirst() throws {
        let steps = try #require(AccessPlan.of(.device, .mqtt)).steps
        let register = try #require(steps.firstIndex(of: .registerCertificate))
        let write = try #require(steps.firstIndex(of: .writeCertificates))
        #expect(register < write)
    }
}

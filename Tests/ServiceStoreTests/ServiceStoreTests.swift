import DeviceIdentity
import Diagnostics
import Foundation
import ProvisioningAPI
import ProvisioningCommands
import ProvisioningState
import SQLite
import TestFleet
import Testing

@testable import ServiceStore

@Suite struct ServiceStoreTests {
    private let folder: WorkFolder
    private let store: ServiceStore

    init() throws {
        folder = try WorkFolder()
        store = try ServiceStore(path: folder.path("service.db"))
        try store.write { _ = try $0.team(named: "t", newID: "team", at: 1) }
    }

    struct Failure: Error, Equatable {}

    @Test func `writers share commits and lose nothing`() async throws {
        let store = store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for number in 0..<50 {
                        try store.write { tables in
                            _ = try tables.addTag(
                                "\(worker)-\(number)", description: nil, ofTeam: "team", at: 1)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let tags = try store.read { try $0.tags(ofTeam: "team", after: "", count: 1000) }
        #expect(tags.count == 400)
        #expect(store.written.changes == 401)
        #expect(store.written.commits <= 401)
    }

    @Test func `a change that throws leaves nothing and takes nobody with it`() async throws {
        let store = store
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    _ = try? store.write { tables in
                        _ = try tables.addTag("n\(number)", description: nil, ofTeam: "team", at: 1)
                        if number % 2 == 1 { throw Failure() }
                    }
                }
            }
        }
        let tags = try store.read { try $0.tags(ofTeam: "team", after: "", count: 1000) }
        #expect(tags.map(\.tag).sorted() == stride(from: 0, to: 40, by: 2).map { "n\($0)" }.sorted())
        #expect(throws: Failure.self) { try store.write { _ in throw Failure() } }
    }

    @Test func `what is written is there for the next who opens the file`() throws {
        let device = try TestDevice(seed: 1)
        var queue = DeviceQueue()
        let requests: [CommandRequest] = [
            .clientPrivateKeyGeneration(.nrfCloud), .config([ConfigurationSetting(key: "k", value: "v")]),
            .preSharedKey(.nrfCloud, identity: "i", secret: "00"), .finished,
        ]
        for (place, request) in requests.enumerated() {
            let id = try DeviceUUID(text: "00000000-0000-0000-0000-00000000000\(place)")
            try queue.add(
                QueuedCommand(
                    id: id, command: ProvisioningCommand(request),
                    origin: place == 1 ? .rule("r") : .operator, createdAt: 5,
                    timeout: place == 2 ? 60 : nil))
        }
        let kept = queue
        try store.write { tables in
            let number = try tables.add(
                ClaimRow(
                    device: device.uuid, team: "team", claimedAt: 2, claimedRole: .editor, deviceType: 3,
                    firmware: device.uuid))
            try tables.setTags(["b", "a"], ofClaim: number)
            try tables.save(kept, over: DeviceQueue(), ofClaim: number)
        }
        let other = try ServiceStore(path: folder.path("service.db"))
        let (claim, tags, found) = try other.read { tables in
            let claim = try #require(try tables.claim(of: device.uuid))
            return (claim, try tables.tags(ofClaim: claim.number), try tables.queue(of: claim))
        }
        #expect(found == queue)
        #expect(tags == ["b", "a"])
        #expect(claim.status == .ready)
        var changed = queue
        let delivery = changed.fetch(
            FetchTerms(
                limits: BatchLimits(limit: 20, rxMaxSize: 4096, txMaxSize: 4096, headSize: 0), rules: [],
                onFailure: .suspend, completesRules: false, time: 9, commandID: { _, _ in device.uuid }))
        #expect(delivery.delivered.count == 4)
        _ = changed.report(
            [
                DeviceResponse(
                    correlationID: delivery.records[1].correlationID, result: .error(cme: 523, message: "no"))
            ], at: 10, onFailure: .suspend, completesRules: false)
        changed.block()
        let after = changed
        let before = queue
        try other.write { try $0.save(after, over: before, ofClaim: claim.number) }
        let again = try store.read { tables in
            try tables.queue(of: try #require(try tables.claim(of: device.uuid)))
        }
        #expect(again == changed)
    }

    @Test func `a file of the first version is brought up to date, and nothing in it is lost`() throws {
        let path = folder.path("old.db")
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        let old = try Connection(path: path, mode: .readWrite)
        try old.execute(ServiceSchema.migrations[0])
        try old.execute(
            """
            PRAGMA application_id = \(ServiceSchema.applicationID); PRAGMA user_version = 1;
            INSERT INTO team VALUES ('team', 't', 1);
            INSERT INTO claim (device, team, claimed_at, claimed_role, device_type, firmware, phase, is_blocked,
                is_finish_acknowledged)
            VALUES (x'00000000000000000000000000000007', 'team', 1, 'editor', 3, zeroblob(16), 'PROVISIONING', 0, 0);
            INSERT INTO command (claim, id, body, is_follow_up, created_at, status, attempts, delivered_at, timeout,
                answered_steps, needs_follow_up)
            VALUES (1, zeroblob(16), '{"request":{"finished":{}}}', 0, 2, 'PENDING', 1, 8, NULL, 0, 0),
                (1, x'00000000000000000000000000000001', '{"request":{"finished":{}}}', 0, 2, 'IN_PROGRESS', 2, 9,
                    60, 0, 0);
            """)
        let store = try ServiceStore(path: path)
        let queue = try store.read { tables in
            let device = try DeviceUUID(text: "00000000-0000-0000-0000-000000000007")
            return try tables.queue(of: try #require(try tables.claim(of: device)))
        }
        #expect(queue.commands.map(\.startedAt) == [nil, 9])
        #expect(queue.commands.map(\.deliveredAt) == [8, 9])
        #expect(queue.commands.map(\.timeout) == [nil, 60])
        #expect(queue.status == .provisioning)
        // The next start finds nothing left to do.
        #expect(throws: Never.self) { try ServiceStore(path: path) }
    }

    @Test func `another file is refused, and one of a newer service`() throws {
        let alien = folder.path("alien.db")
        try #require(FileManager.default.createFile(atPath: alien, contents: nil))
        let connection = try Connection(path: alien, mode: .readWrite)
        try connection.execute("CREATE TABLE x (y)")
        #expect(throws: ToolError.self) { try ServiceStore(path: alien) }
        let ours = try Connection(path: folder.path("service.db"), mode: .readWrite)
        try ours.execute("PRAGMA user_version = 99")
        #expect(throws: ToolError.self) { try ServiceStore(path: folder.path("service.db")) }
    }

    @Test func `identifiers sort by their time`() {
        let early = Identifier.ulid(
            milliseconds: 1_469_918_176_385, randomness: [UInt8](repeating: 0, count: 10))
        #expect(early == "01ARYZ6S410000000000000000")
        let late = Identifier.ulid(
            milliseconds: 1_469_918_176_386, randomness: [UInt8](repeating: 0xff, count: 10))
        #expect(early < late)
        #expect(late.utf8.count == 26)
        #expect(Identifier.uuid(randomness: [1]) == nil)
    }
}

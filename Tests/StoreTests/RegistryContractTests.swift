import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
import Registry
import Store
import TestFleet
import TestSupport
import Testing

/// A registry whose tables are arrays: the rules of ``Registry`` and nothing else.
private final class MemoryRegistry: RegistryTables {
    typealias Failure = Never

    private(set) var records: [DeviceUUID: DeviceRecord] = [:]
    private var tokens: [DeviceUUID: Set<[UInt8]>] = [:]
    private var observations: [DeviceUUID: [(observation: Observation, isPending: Bool)]] = [:]

    func record(of device: DeviceUUID) -> DeviceRecord? { records[device] }

    func owners(ofIMEISerial serial: Int64) -> [DeviceUUID] {
        records.values.filter { $0.imei?.serial == serial }.map(\.uuid)
    }

    func hasToken(_ digest: [UInt8], of device: DeviceUUID) -> Bool {
        tokens[device]?.contains(digest) == true
    }

    func hasObservation(_ digest: [UInt8], of device: DeviceUUID) -> Bool {
        observations[device]?.contains { $0.observation.tokenDigest == digest } == true
    }

    func pending(like observation: Observation) -> [Observation] {
        (observations[observation.uuid] ?? []).filter {
            $0.isPending && $0.observation.tokenDigest != observation.tokenDigest
                && !$0.observation.abscissas.isDisjoint(with: observation.abscissas)
        }.map(\.observation)
    }

    private func enter(_ draft: DeviceDraft) {
        records[draft.record.uuid] = draft.record
        if let token = draft.token { tokens[draft.record.uuid, default: []].insert(token.digest) }
        if draft.replaced != nil { observations[draft.record.uuid] = nil }
    }

    func register(_ registrations: [Registration], at time: Int64) -> [RegistrationOutcome] {
        var outcomes = [RegistrationOutcome](repeating: .unchanged, count: registrations.count)
        for index in RegistryRules.order(registrations) {
            let decision = RegistryRules.register(registrations[index], in: self, at: time)
            if let draft = decision.draft { enter(draft) }
            outcomes[index] = decision.outcome
        }
        return outcomes
    }

    func learn(_ observation: Observation, at time: Int64) -> LearningOutcome {
        let decision = RegistryRules.learn(observation, in: self, at: time)
        if decision.isKept {
            observations[observation.uuid, default: []].append((observation, decision.isPending))
        }
        if let draft = decision.draft { enter(draft) }
        return decision.outcome
    }

    func confirm(_ device: DeviceUUID, expectedKeyID: [UInt8]?, at time: Int64) -> RegistrationOutcome {
        let decision = RegistryRules.confirm(
            device, records[device], expectedKeyID: expectedKeyID, at: time)
        if let draft = decision.draft { enter(draft) }
        return decision.outcome
    }
}

/// The registry in SQLite answers as one in memory does, for random histories of rows, signatures and persons' words.
@Suite struct RegistryContractTests {
    private func key(_ random: inout SplitMix64) -> P256PublicKey? {
        P256PublicKey(x963: ([0x04] + random.bytes(64))[...])
    }

    @Test(arguments: Array(UInt64(1)...16))
    func everyEngineKeepsTheSameRegistry(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let folder = try WorkFolder()
        let store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        let memory = MemoryRegistry()
        let devices = (0..<5).compactMap { _ in DeviceUUID(bytes: random.bytes(16)[...]) }
        var keys: [P256PublicKey] = []
        for _ in 0..<6 { keys.append(try #require(key(&random))) }
        let imeis = ["352656100000010", "352656100000028", "352656100000036"].compactMap { IMEI(text: $0) }
        #expect(imeis.count == 3)
        var kinds: Set<String> = []
        for step in 0..<80 {
            let time = Int64(1_790_000_000 + step)
            let device = try #require(devices.randomElement(using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                let removed = try store.remove(device, at: time)
                #expect(removed == memory.remove(device))
            case 1:
                let expected = Bool.random(using: &random) ? nil : keys.randomElement(using: &random)?.kid
                let outcome = memory.confirm(device, expectedKeyID: expected, at: time)
                #expect(try store.confirm(device, expectedKeyID: expected, at: time) == outcome)
                kinds.insert("confirm \(name(outcome))")
            case 2, 3, 4:
                let bound = (0..<2).compactMap { _ in keys.randomElement(using: &random) }
                let plain = Bool.random(using: &random) ? [] : [try #require(key(&random)), bound[0]]
                let observation = Observation(
                    uuid: device, tokenDigest: random.bytes(32), bound: bound, plain: plain)
                let outcome = memory.learn(observation, at: time)
                #expect(try store.learn([observation], at: time) == [outcome])
                kinds.insert("learn \(String(describing: outcome).prefix(5))")
            default:
                let registrations = (0..<3).map { _ in
                    var registration = Registration(
                        uuid: devices.randomElement(using: &random) ?? device,
                        imei: Bool.random(using: &random) ? imeis.randomElement(using: &random) : nil,
                        key: keys.randomElement(using: &random).map {
                            IdentityKey(
                                publicKey: $0, trust: Bool.random(using: &random) ? .observed : .trusted)
                        },
                        token: Bool.random(using: &random) ? [UInt8.random(in: 0...3, using: &random)] : nil,
                        how: .imported, inputDigest: random.bytes(32))
                    if Bool.random(using: &random) { registration.key = nil }
                    registration.replacesObserved = Bool.random(using: &random)
                    return registration
                }
                let outcomes = memory.register(registrations, at: time)
                #expect(try store.register(registrations, at: time) == outcomes)
                for outcome in outcomes { kinds.insert("register \(name(outcome))") }
            }
        }
        for device in devices { #expect(try store.device(device) == memory.record(of: device)) }
        #expect(kinds.contains("register added"), "\(kinds)")
        #expect(kinds.contains { $0.hasPrefix("register rejected") }, "\(kinds)")
    }

    private func name(_ outcome: RegistrationOutcome) -> String {
        if case .rejected(let failure) = outcome { return "rejected \(failure.code.rawValue)" }
        return "\(outcome)"
    }
}

extension MemoryRegistry {
    fileprivate func remove(_ device: DeviceUUID) -> RegistrationOutcome {
        guard records.removeValue(forKey: device) != nil else {
            return .rejected(.init(.unknownKey, "device \(device) is not in the registry"))
        }
        tokens[device] = nil
        observations[device] = nil
        return .removed
    }
}

import DeviceIdentity
import Foundation
import Journal
@testable import Store
import TestFleet
import TestSupport
import Testing

/// Runs that are killed anywhere, answers that are lost anywhere, and a service that counts.
@Suite("The journal, whatever happens")
struct JournalPropertyTests {
    /// A service that takes everything that it gets, except what it refuses for good.
    private struct Service {
        var accepted: [Int: Int] = [:]
        /// What it works on by itself has a number.
        var operations = 0
        let refused: Set<Int>
    }

    /// A run between two deaths.
    private struct Run {
        var number: Int64
        /// What it has taken and how it means to go on.
        var hand: [Int: JournalRules.Decision] = [:]
    }

    private static let count = 12

    private static func key(_ place: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: 15) + [UInt8(truncatingIfNeeded: place)]
    }

    @Test(arguments: 1...60)
    func goesForwardOnlyAndAgreesWithTheService(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let folder = try WorkFolder()
        let store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        let journal = try store.journal(JournalScope(kind: .claim, service: "https://a", team: "t"))
        let places = Array(0..<Self.count)
        var service = Service(refused: Set(places.filter { _ in Int.random(in: 0..<6, using: &random) == 0 }))
        var known: [Int: JournalEntry] = [:]
        var noted: [Int: Int] = [:]
        var runs = [Run(number: try store.beginRun(at: 1)), Run(number: try store.beginRun(at: 1))]

        func look() throws {
            for place in places {
                let entry = try store.entry(Self.key(place), in: journal)
                if let before = known[place] {
                    let now = try #require(entry, "an entry was lost")
                    #expect(now.follows(before), "\(before) became \(now)")
                }
                known[place] = entry
            }
        }
        func record(_ place: Int, _ event: JournalEvent, _ run: Run) throws {
            try store.record([(Self.key(place), event)], in: journal, by: run.number, at: 2)
        }
        /// One step of one run, and perhaps its death.
        func step(_ index: Int, isLast: Bool) throws {
            let roll = isLast ? 100 : Int.random(in: 0..<100, using: &random)
            // Killed: what it had in hand stays as it is, and another run begins.
            if roll < 12 {
                runs[index] = Run(number: try store.beginRun(at: 2))
                return
            }
            let alive = Set(runs.map(\.number))
            guard let (place, decision) = runs[index].hand.first else {
                let wanted = isLast ? places : places.filter { _ in Bool.random(using: &random) }
                let decisions = try store.take(
                    wanted.map(Self.key), in: journal, by: runs[index].number,
                    retriesFailed: !isLast && roll > 80, at: 2, isAlive: alive.contains)
                for (place, decision) in zip(wanted, decisions) {
                    switch decision {
                    case .send, .ask: runs[index].hand[place] = decision
                    case .busy:
                        let entry = try store.entry(Self.key(place), in: journal)
                        #expect(entry?.isInHand == true && alive.contains(entry?.run ?? 0))
                    case .accepted: #expect(service.accepted[place] == 1)
                    case .failed: #expect(service.refused.contains(place))
                    }
                }
                return
            }
            runs[index].hand[place] = nil
            if case .ask(let note) = decision {
                // A number that was given out is never forgotten, whoever died in between.
                if let number = noted[place] { #expect(note.hasSuffix("operation:\(number)")) }
                let event: JournalEvent = service.accepted[place] == nil ? .notTaken : .accepted(note: "")
                if isLast || roll > 40 { try record(place, event, runs[index]) }
                return
            }
            // Lost on the way there.
            if roll < 25 { return try record(place, .unanswered, runs[index]) }
            if roll < 35 { return try record(place, .notTaken, runs[index]) }
            let takes = !service.refused.contains(place)
            if takes { service.accepted[place, default: 0] += 1 }
            // Taken, and worked on by itself: what is noted has to be there for whoever asks.
            if takes, roll > 90, !isLast {
                service.operations += 1
                try record(place, .noted("operation:\(service.operations)"), runs[index])
                noted[place] = service.operations
                if roll > 95 { runs[index] = Run(number: try store.beginRun(at: 2)) }
                return
            }
            // Lost on the way back, or with the process before it could write.
            if roll < 50 { return try record(place, .unanswered, runs[index]) }
            if roll < 60 {
                runs[index] = Run(number: try store.beginRun(at: 2))
                return
            }
            try record(place, takes ? .accepted(note: "") : .refused(note: "no"), runs[index])
        }

        for _ in 0..<300 {
            try step(Int.random(in: 0..<2, using: &random), isLast: false)
            try look()
        }
        // Both end well: first what each has in hand, then all that is left.
        for _ in 0..<(8 * Self.count) {
            for index in runs.indices {
                try step(index, isLast: true)
                try look()
            }
        }
        for place in places {
            let entry = try #require(known[place])
            if service.refused.contains(place) {
                #expect(entry.state == .failed)
            } else {
                #expect(entry.state == .accepted)
                #expect(service.accepted[place] == 1, "sent again after it was accepted")
            }
        }
    }

    /// Every state and event: what the rules let happen goes forward.
    @Test func noEventLeadsBack() {
        let events: [JournalEvent] = [
            .intended(retriesFailed: false), .intended(retriesFailed: true), .noted("c"), .adopted,
            .unanswered,
            .notTaken, .accepted(note: "a"), .refused(note: "b"),
        ]
        var count = 0
        for state in EntryState.allCases {
            for event in events {
                for run: Int64 in [1, 2] {
                    let entry = JournalEntry(state: state, attempt: 3, run: 1, note: "n")
                    guard let next = JournalRules.next(entry, by: run, on: event) else { continue }
                    count += 1
                    #expect(next.follows(entry), "\(entry) became \(next) by \(event)")
                    #expect(state != .accepted, "what was accepted stays")
                    if run != 1, state == .intended || state == .unknown { #expect(event == .adopted) }
                }
            }
        }
        #expect(count == 20)
    }
}

import TestSupport
import Testing

@testable import OpenSSL

/// Verification in blocks against libcrypto's own function: the same verdict on everything.
@Suite struct BlockVerificationTests {
    private struct Case {
        var signature: [UInt8]
        var digest: [UInt8]
        var key: P256PublicKey
    }

    /// n − 2³², n − 1, n, n + 1, p − n and the like are made from these.
    private static let order: [UInt8] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6,
        0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ]
    private static let zero = [UInt8](repeating: 0, count: 32)

    private static func number(_ value: UInt8) -> [UInt8] { [UInt8](repeating: 0, count: 31) + [value] }

    /// The order with `delta` added to its last octet, which bears it.
    private static func order(_ delta: Int) -> [UInt8] {
        var bytes = order
        bytes[31] = UInt8(Int(bytes[31]) + delta)
        return bytes
    }

    private static func key(scalar: [UInt8], _ arithmetic: P256Arithmetic) throws -> P256PublicKey {
        try #require(P256PublicKey(x963: try arithmetic.publicPoint(ofScalar: scalar)[...]))
    }

    /// The verdicts of both ways, fixed-width and DER alike; fails where they are not the same.
    private func verdicts(_ cases: [Case], location: SourceLocation = #_sourceLocation) throws -> [Bool] {
        let (block, single) = (try P256Verifier(), try P256Verifier())
        var verdicts: [Bool] = []
        for start in stride(from: 0, to: cases.count, by: 64) {
            let part = cases[start..<min(start + 64, cases.count)]
            let first = block.verify(
                part.map { P256Claim(signature: $0.signature[...], digest: $0.digest, key: $0.key) })
            let encoded = try part.map {
                try #require(ECDSASignature.der(fromFixedWidth: $0.signature[...], width: 32))
            }
            let second = block.verify(
                zip(part, encoded).map {
                    P256Claim(derSignature: $1[...], digest: $0.digest, key: $0.key)
                })
            let alone = part.map {
                single.isValid(signature: $0.signature[...], digest: $0.digest, key: $0.key)
            }
            #expect(first == alone, sourceLocation: location)
            #expect(second == alone, sourceLocation: location)
            verdicts += alone
        }
        return verdicts
    }

    @Test func aHundredThousandMutations() throws {
        var random = SplitMix64(seed: 2_026)
        let arithmetic = try P256Arithmetic()
        let signed = try (0..<200).map { _ in
            let (scalar, digest) = (random.bytes(32), random.bytes(32))
            return Case(
                signature: try arithmetic.signDeterministically(digest: digest, scalar: scalar),
                digest: digest,
                key: try Self.key(scalar: scalar, arithmetic))
        }
        #expect(try verdicts(signed) == [Bool](repeating: true, count: 200))

        let cases = (0..<50_000).map { index in
            var one = signed[index % signed.count]
            switch random.next() % 8 {
            case 0: break
            case 1, 2: one.signature[Int(random.next() % 64)] ^= 1 << UInt8(random.next() % 8)
            case 3: one.digest[Int(random.next() % 32)] ^= 1 << UInt8(random.next() % 8)
            case 4: one.key = signed[Int(random.next() % 200)].key
            case 5:
                var point = one.key.point
                point[1 + Int(random.next() % 64)] ^= 1 << UInt8(random.next() % 8)
                one.key = P256PublicKey(x963: point[...]) ?? one.key
            case 6: one.signature = Array(one.signature[32...] + one.signature[..<32])
            default:
                let half = Int(random.next() % 2) * 32
                let extremes = [Self.zero, Self.order(-1), Self.order, Self.order(1), Self.number(1)]
                one.signature.replaceSubrange(half..<(half + 32), with: extremes[Int(random.next() % 5)])
            }
            return one
        }
        // Twice 50,000: fixed-width and DER.
        let verdicts = try verdicts(cases)
        let good = verdicts.count { $0 }
        #expect((5_500...7_500).contains(good))
    }

    /// −s verifies wherever s does: the equation is about R's x alone.
    @Test func theNegatedSignatureVerifiesToo() throws {
        let arithmetic = try P256Arithmetic()
        let scalar = Digest.sha256([1])
        let cases = try (UInt8(0)..<16).map { index in
            let digest = Digest.sha256([index])
            var signature = try arithmetic.signDeterministically(digest: digest, scalar: scalar)
            var borrow = 0
            for position in (32..<64).reversed() {
                let difference = Int(Self.order[position - 32]) - Int(signature[position]) - borrow
                signature[position] = UInt8(truncatingIfNeeded: difference)
                borrow = difference < 0 ? 1 : 0
            }
            return Case(signature: signature, digest: digest, key: try Self.key(scalar: scalar, arithmetic))
        }
        #expect(try verdicts(cases) == [Bool](repeating: true, count: 16))
    }

    /// R's x may be r + n: a small r has keys for both, and all of them verify.
    @Test func anXBeyondTheOrderIsFound() throws {
        let arithmetic = try P256Arithmetic()
        var cases: [Case] = []
        var most = 0
        for small in UInt8(1)...24 {
            let digest = Digest.sha256([small])
            let signature = Self.number(small) + digest
            let keys = try arithmetic.recoverPublicKeys(signature: signature, digest: digest)
            most = max(most, keys.count)
            cases += keys.map { Case(signature: signature, digest: digest, key: $0) }
        }
        #expect(most == 4)
        #expect(cases.count > 24)
        #expect(try verdicts(cases) == [Bool](repeating: true, count: cases.count))
    }

    /// Digests at and beyond the order, sums that are the point at infinity or a doubling, r and s at their ends.
    @Test func edgesOfTheEquation() throws {
        let arithmetic = try P256Arithmetic()
        let one = try Self.key(scalar: Self.number(1), arithmetic)
        let digests = [
            Self.zero, Self.number(1), Self.number(2), Self.order(-1), Self.order(-2), Self.order,
            Self.order(1),
            [UInt8](repeating: 0xff, count: 32),
        ]
        let halves = [
            Self.zero, Self.number(1), Self.number(2), Self.order(-2), Self.order(-1), Self.order,
            Self.order(1),
            [UInt8](repeating: 0xff, count: 32),
        ]
        var cases: [Case] = []
        for digest in digests {
            for r in halves {
                for s in halves { cases.append(Case(signature: r + s, digest: digest, key: one)) }
            }
            // Whatever the digest, a signature can be made for it.
            for scalar in [Self.number(1), Self.order(-1), Digest.sha256(digest)] {
                cases.append(
                    Case(
                        signature: try arithmetic.signDeterministically(digest: digest, scalar: scalar),
                        digest: digest, key: try Self.key(scalar: scalar, arithmetic)))
            }
            // And any r that is the x of a point has keys.
            for r in [Self.number(5), Self.number(6), Self.number(8)] {
                let signature = r + Self.number(3)
                for key in try arithmetic.recoverPublicKeys(signature: signature, digest: digest) {
                    cases.append(Case(signature: signature, digest: digest, key: key))
                }
            }
        }
        let verdicts = try verdicts(cases)
        #expect(verdicts.count { $0 } > 24)
        // The key 1·G with r = 1 and a digest of n − 1: e·G + r·Q is the point at infinity, which has no x.
        let atInfinity = try #require(
            cases.firstIndex {
                $0.digest == Self.order(-1) && $0.signature == Self.number(1) + Self.number(1)
            })
        #expect(!verdicts[atInfinity])
    }

    /// Calls `body` with the octets of each signature, which stay where they are.
    private func withPointers<Value>(
        _ signatures: [[UInt8]], _ body: ([UnsafePointer<UInt8>]) throws -> Value
    ) rethrows -> Value {
        let all = signatures.flatMap { $0 }
        return try all.withUnsafeBufferPointer { all in
            guard let first = all.baseAddress else { return try body([]) }
            return try body(signatures.indices.map { first + 64 * $0 })
        }
    }

    @Test func aNumberWithoutInverseSpoilsNoOther() throws {
        let arithmetic = try P256Arithmetic()
        let scalar = Digest.sha256([7])
        let key = try Self.key(scalar: scalar, arithmetic)
        let block = try P256BlockVerifier()
        var signatures: [[UInt8]] = []
        var digests: [[UInt8]] = []
        for index in UInt8(0)..<96 {
            digests.append(Digest.sha256([index]))
            signatures.append(
                index % 3 == 2
                    ? Self.number(1) + [Self.zero, Self.order][Int(index) % 2]
                    : try arithmetic.signDeterministically(digest: Digest.sha256([index]), scalar: scalar))
        }
        let verdicts = withPointers(signatures) { pointers in
            block.begin(pointers)
            return pointers.indices.map {
                block.verdict(at: $0, pointers[$0], digest: digests[$0], point: key.point)
            }
        }
        for (index, verdict) in verdicts.enumerated() {
            #expect(verdict == (index % 3 == 2 ? Bool?.none : true), "\(index)")
        }
    }

    /// Too few and too many are left to libcrypto's own function; a place that is not there has no verdict.
    @Test(arguments: [0, 1, 2, 3, 4, 5, 128, 129])
    func aBlockHasItsSize(_ count: Int) throws {
        let arithmetic = try P256Arithmetic()
        let scalar = Digest.sha256([7])
        let key = try Self.key(scalar: scalar, arithmetic)
        let digest = Digest.sha256([1])
        let signature = try arithmetic.signDeterministically(digest: digest, scalar: scalar)
        let block = try P256BlockVerifier()
        withPointers([[UInt8]](repeating: signature, count: max(count, 1))) { pointers in
            block.begin(Array(pointers.prefix(count)))
            let isCalculated = (ScalarInverses.leastCount...ScalarInverses.capacity).contains(count)
            for place in [0, count - 1] where place >= 0 {
                let verdict = block.verdict(
                    at: place, pointers[0], digest: digest, point: key.point)
                #expect(verdict == (isCalculated ? true : Bool?.none), "\(count)")
            }
            #expect(block.verdict(at: count, pointers[0], digest: digest, point: key.point) == nil)
        }
        let claims = [P256Claim](
            repeating: P256Claim(signature: signature[...], digest: digest, key: key), count: count)
        #expect(try P256Verifier().verify(claims) == [Bool](repeating: true, count: count))
    }

    /// Whatever stands beside it: good and bad, lengths that are none, the same twice, more than a block.
    @Test func eachClaimOfABlockHasItsOwnVerdict() throws {
        let arithmetic = try P256Arithmetic()
        let scalar = Digest.sha256([7])
        let key = try Self.key(scalar: scalar, arithmetic)
        let verifier = try P256Verifier()
        var claims: [P256Claim] = []
        var expected: [Bool] = []
        for index in 0..<400 {
            let digest = Digest.sha256([UInt8(index % 251)])
            let signature = try arithmetic.signDeterministically(digest: digest, scalar: scalar)
            let (octets, signed, isGood): ([UInt8], [UInt8], Bool) =
                switch index % 7 {
                case 0: (signature, Self.zero, false)
                case 1: (Array(signature.dropLast()), digest, false)
                case 2: (signature, Array(digest.dropLast()), false)
                case 3: ([], digest, false)
                default: (signature, digest, true)
                }
            claims.append(P256Claim(signature: octets[...], digest: signed, key: key))
            expected.append(isGood)
        }
        for _ in 0..<3 { #expect(verifier.verify(claims) == expected) }
        #expect(verifier.verify([]) == [])
    }

    // MARK: DER

    @Test func numbersAreReadFromTheOneDERThatIsMadeOfThem() throws {
        var random = SplitMix64(seed: 5)
        var fixed = [UInt8](repeating: 0, count: 64)
        for _ in 0..<2_000 {
            var signature = random.bytes(64)
            // Short numbers are where encodings differ.
            for half in [0, 32] {
                for index in 0..<Int(random.next() % 33) { signature[half + index] = 0 }
            }
            let der = try #require(ECDSASignature.der(fromFixedWidth: signature[...], width: 32))
            #expect(ECDSASignature.readP256(der: der[...], into: &fixed))
            #expect(fixed == signature)
            #expect(ECDSASignature.readP256(der: ([1, 2] + der)[2...], into: &fixed))
            // What is read from a damaged one is encoded to those very octets.
            var damaged = der
            damaged[Int(random.next() % UInt64(der.count))] ^= 1 << UInt8(random.next() % 8)
            if random.next() % 4 == 0 { damaged.removeLast(Int(random.next() % 3)) }
            if random.next() % 4 == 0 { damaged += random.bytes(Int(random.next() % 3)) }
            if ECDSASignature.readP256(der: damaged[...], into: &fixed) {
                #expect(ECDSASignature.der(fromFixedWidth: fixed[...], width: 32) == damaged)
            }
        }
    }

    @Test(
        arguments: [
            [], [0x30], [0x30, 0x00], [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01],
            [0x30, 0x05, 0x02, 0x01, 0x01, 0x02, 0x00],
            [0x30, 0x06, 0x02, 0x00, 0x02, 0x02, 0x01, 0x01],
            [0x30, 0x06, 0x02, 0x01, 0x80, 0x02, 0x01, 0x01],
            [0x30, 0x07, 0x02, 0x02, 0x00, 0x01, 0x02, 0x01, 0x01],
            [0x30, 0x06, 0x02, 0x01, 0x01, 0x03, 0x01, 0x01],
            [0x31, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01],
            [0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x00],
            [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x00],
            [0x30, 0x81, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01],
            [0x30, 0x08, 0x02, 0x81, 0x01, 0x01, 0x02, 0x81, 0x01, 0x01],
            [0x30, 0x06, 0x02, 0x7f, 0x01, 0x02, 0x01, 0x01],
            [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0xff, 0x01],
            [0x30, 0x26, 0x02, 0x21, 0x01] + zero + [0x02, 0x01, 0x01],
        ] as [[UInt8]])
    func otherEncodingsAreNotRead(der: [UInt8]) {
        var fixed = [UInt8](repeating: 0, count: 64)
        #expect(!ECDSASignature.readP256(der: der[...], into: &fixed))
    }

    /// libcrypto has the last word on what is not read; what is read must be what it would have read.
    @Test func damagedDERHasOneVerdict() throws {
        var random = SplitMix64(seed: 6)
        let arithmetic = try P256Arithmetic()
        let scalar = Digest.sha256([9])
        let key = try Self.key(scalar: scalar, arithmetic)
        let (block, single) = (try P256Verifier(), try P256Verifier())
        var good = 0
        for _ in 0..<300 {
            let digests = (0..<64).map { _ in random.bytes(32) }
            let all = try digests.map { digest in
                let signature = try arithmetic.signDeterministically(digest: digest, scalar: scalar)
                var der = try #require(ECDSASignature.der(fromFixedWidth: signature[...], width: 32))
                switch random.next() % 4 {
                case 0: break
                case 1: der[Int(random.next() % 6)] ^= 1 << UInt8(random.next() % 8)
                case 2: der[Int(random.next() % UInt64(der.count))] ^= 1 << UInt8(random.next() % 8)
                default: der.insert(0, at: Int(random.next() % UInt64(der.count)))
                }
                return der
            }
            let together = block.verify(
                zip(all, digests).map { P256Claim(derSignature: $0[...], digest: $1, key: key) })
            let alone = zip(all, digests).map {
                single.isValid(derSignature: $0[...], digest: $1, key: key)
            }
            #expect(together == alone)
            good += alone.count { $0 }
        }
        #expect((4_000...6_000).contains(good))
    }
}

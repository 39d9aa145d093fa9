import COpenSSL
import Glibc
import Synchronization

/// ECDSA P-256 verification for a stream of signatures under changing keys.
///
/// One template key takes each public point in place and one context does all verifying: about a third of the
/// time that decoding each key anew costs in OpenSSL 3.0. Who has many signatures asks for all of them at once: they are
/// then verified together (``P256BlockVerifier``), with the same verdicts in less time.
/// One per worker; not to be shared between threads.
public final class P256Verifier {
    private let key: OpaquePointer
    private let context: OpaquePointer
    /// The point in the template, 65 bytes; empty if it is not known which it is.
    private var loadedPoint: [UInt8] = []
    private var der = [UInt8](repeating: 0, count: 72)
    /// Made when there is enough for a block, since a single input pays for its start.
    private var block: P256BlockVerifier?
    /// The signatures of a block as `r || s`, 64 bytes each.
    private var fixed: [UInt8] = []
    private var one = [UInt8](repeating: 0, count: 64)

    /// The generator of P-256: any valid point will do for the template.
    private static let generator: [UInt8] = [
        0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
        0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
        0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
        0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
    ]

    /// A verifier with its own key and context; fails only when libcrypto cannot make them.
    public init() throws(OpenSSLError) {
        guard let key = assay_p256_public_key(Self.generator, 65) else {
            throw OpenSSLError("making a P-256 key")
        }
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil), EVP_PKEY_verify_init(context) == 1
        else {
            EVP_PKEY_free(key)
            throw OpenSSLError("preparing ECDSA verification")
        }
        self.key = key
        self.context = context
    }

    deinit {
        EVP_PKEY_CTX_free(context)
        EVP_PKEY_free(key)
    }

    // MARK: Blocks

    private static let isSingle = Atomic<Bool>(false)

    /// From now on every signature of the process is verified by libcrypto's own function, one by one: for whoever wants
    /// to compare. The verdicts are the same.
    public static func verifySingly() { isSingle.store(true, ordering: .relaxed) }

    /// Whether each of these signatures was made by its key; see ``isValid(signature:digest:key:)``.
    public func verify(_ claims: [P256Claim]) -> [Bool] {
        guard claims.count >= ScalarInverses.leastCount, !Self.isSingle.load(ordering: .relaxed),
            // Without memory for a block each signature is verified by itself.
            let block = block ?? (try? P256BlockVerifier())
        else { return claims.map(isValid) }
        self.block = block
        var verdicts: [Bool] = []
        verdicts.reserveCapacity(claims.count)
        for start in stride(from: 0, to: claims.count, by: ScalarInverses.capacity) {
            verify(claims[start..<min(start + ScalarInverses.capacity, claims.count)], block, &verdicts)
        }
        return verdicts
    }

    private func verify(
        _ claims: ArraySlice<P256Claim>, _ block: P256BlockVerifier, _ verdicts: inout [Bool]
    ) {
        fixed.removeAll(keepingCapacity: true)
        for claim in claims {
            // What cannot be read stands there as zeros, which have no inverse: libcrypto judges it.
            if !claim.read(into: &one) { one.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
            fixed += one
        }
        fixed.withUnsafeBufferPointer { all in
            guard let first = all.baseAddress else { return }
            block.begin((0..<claims.count).map { first + 64 * $0 })
            for (place, claim) in claims.enumerated() {
                let verdict: Bool? =
                    claim.digest.count == 32 && claim.isPoint
                    ? claim.point.withUnsafeBufferPointer { point in
                        point.baseAddress.flatMap {
                            block.verdict(at: place, first + 64 * place, digest: claim.digest, point: $0)
                        }
                    } : nil
                verdicts.append(verdict ?? isValid(claim))
            }
        }
    }

    private func isValid(_ claim: P256Claim) -> Bool {
        switch claim.signature {
        case .fixed(let signature): isValid(signature: signature, digest: claim.digest, point: claim.point)
        case .der(let signature): isValid(derSignature: signature, digest: claim.digest, point: claim.point)
        }
    }

    // MARK: One by one

    /// Whether `signature` (`r || s`, exactly 64 bytes, RFC 9053 §2.1) over `digest` (32 bytes) was made by `key`.
    ///
    /// False also for a point off the curve, r or s outside 1…n−1, or a wrong length.
    public func isValid(signature: ArraySlice<UInt8>, digest: [UInt8], key: P256PublicKey) -> Bool {
        isValid(signature: signature, digest: digest, point: key.point[...])
    }

    private func isValid(
        signature: ArraySlice<UInt8>, digest: [UInt8], point: ArraySlice<UInt8>
    ) -> Bool {
        guard signature.count == 64 else { return false }
        let length = encodeSignature(signature)
        return load(point)
            && der.withUnsafeBufferPointer { verify(UnsafeBufferPointer(rebasing: $0[..<length]), digest) }
    }

    /// The same for a DER `ECDSA-Sig-Value` (RFC 3279 §2.2.3), as certificates and CSRs carry it.
    ///
    /// Only the one DER encoding of a pair of numbers is accepted: libcrypto re-encodes and compares.
    public func isValid(derSignature: ArraySlice<UInt8>, digest: [UInt8], key: P256PublicKey) -> Bool {
        isValid(derSignature: derSignature, digest: digest, point: key.point[...])
    }

    /// The same for a key that is still a SubjectPublicKeyInfo; false unless that is one of an uncompressed P-256 point.
    public func isValid(
        derSignature: ArraySlice<UInt8>, digest: [UInt8], spki: ArraySlice<UInt8>
    ) -> Bool {
        P256PublicKey.isSPKI(spki)
            && isValid(derSignature: derSignature, digest: digest, point: spki.suffix(65))
    }

    private func isValid(
        derSignature: ArraySlice<UInt8>, digest: [UInt8], point: ArraySlice<UInt8>
    ) -> Bool {
        guard derSignature.count <= 72, load(point) else { return false }
        return derSignature.withUnsafeBufferPointer { verify($0, digest) }
    }

    /// Whether the key's point is on the curve.
    public func accepts(_ key: P256PublicKey) -> Bool { load(key.point[...]) }

    private func verify(_ signature: UnsafeBufferPointer<UInt8>, _ digest: [UInt8]) -> Bool {
        guard digest.count == 32 else { return false }
        let result = EVP_PKEY_verify(context, signature.baseAddress, signature.count, digest, digest.count)
        if result != 1 { clearErrorQueue() }
        return result == 1
    }

    /// Puts the point into the template. After a refusal the template would still hold the previous key, so the
    /// answer decides whether to go on.
    private func load(_ point: ArraySlice<UInt8>) -> Bool {
        guard point.count == 65, point.first == 0x04 else { return false }
        return point.withUnsafeBufferPointer { point in
            guard let start = point.baseAddress else { return false }
            if loadedPoint.count == 65, memcmp(loadedPoint, start, 65) == 0 { return true }
            // Its memory is kept for the next one.
            loadedPoint.removeAll(keepingCapacity: true)
            guard EVP_PKEY_set1_encoded_public_key(key, start, 65) == 1 else {
                clearErrorQueue()
                return false
            }
            loadedPoint.append(contentsOf: point)
            return true
        }
    }

    /// Writes `r || s` as DER into the buffer; returns the length (at most 72).
    private func encodeSignature(_ signature: ArraySlice<UInt8>) -> Int {
        let start = signature.startIndex
        var position = 2
        for half in [start, start + 32] {
            var first = half
            while first < half + 31, signature[first] == 0 { first += 1 }
            let pad = signature[first] >= 0x80
            let count = half + 32 - first
            der[position] = 0x02
            der[position + 1] = UInt8(count + (pad ? 1 : 0))
            position += 2
            if pad {
                der[position] = 0
                position += 1
            }
            for index in first..<(half + 32) {
                der[position] = signature[index]
                position += 1
            }
        }
        der[0] = 0x30
        der[1] = UInt8(position - 2)
        return position
    }
}

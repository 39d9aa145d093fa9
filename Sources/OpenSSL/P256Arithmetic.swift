import COpenSSL

/// Elliptic-curve arithmetic on P-256 with OpenSSL's numbers: public-key recovery, and deterministic signatures
/// for test material. One per worker.
public final class P256Arithmetic {
    private let group: OpaquePointer
    private let context: OpaquePointer
    private let order: OpaquePointer

    /// The group with its own scratch space; fails only when memory is exhausted.
    public init() throws(OpenSSLError) {
        guard let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), let context = BN_CTX_new(),
            let order = EC_GROUP_get0_order(group)
        else { throw OpenSSLError("setting up P-256") }
        self.group = group
        self.context = context
        self.order = order
    }

    deinit {
        BN_CTX_free(context)
        EC_GROUP_free(group)
    }

    /// The public keys under which `signature` (`r || s`, 64 bytes) over `digest` would verify.
    ///
    /// Zero, two or, with a chance of about 2⁻¹²⁸, more candidates (SEC 1 §4.1.6). *Any* well-formed signature
    /// recovers to some key: a candidate proves nothing by itself. Only a key common to several signatures over
    /// different messages shows that one signer made them all.
    public func recoverPublicKeys(signature: [UInt8], digest: [UInt8]) throws(OpenSSLError) -> [P256PublicKey]
    {
        guard signature.count == 64, digest.count == 32 else { return [] }
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let r = numbers.make(signature[..<32]), let s = numbers.make(signature[32...]),
            let e = numbers.make(digest[...]), let x = numbers.make([]), let field = numbers.make([])
        else { throw OpenSSLError("recovering a public key") }
        guard BN_is_zero(r) == 0, BN_is_zero(s) == 0, BN_cmp(r, order) < 0, BN_cmp(s, order) < 0 else {
            return []
        }
        guard EC_GROUP_get_curve(group, field, nil, nil, context) == 1 else {
            throw OpenSSLError("recovering a public key")
        }
        var keys: [P256PublicKey] = []
        guard BN_copy(x, r) != nil else { throw OpenSSLError("recovering a public key") }
        // x may be r or r + n, as long as it is below the field's prime.
        while BN_cmp(x, field) < 0 {
            for parity in [Int32(0), 1] {
                if let key = try candidate(x: x, parity: parity, r: r, s: s, e: e) { keys.append(key) }
            }
            guard BN_add(x, x, order) == 1 else { throw OpenSSLError("recovering a public key") }
        }
        return keys
    }

    /// Q = r⁻¹(sR − eG) for the point R with this x and parity; `nil` if there is none.
    private func candidate(
        x: OpaquePointer, parity: Int32, r: OpaquePointer, s: OpaquePointer, e: OpaquePointer
    ) throws(OpenSSLError) -> P256PublicKey? {
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let commitment = EC_POINT_new(group), let result = EC_POINT_new(group) else {
            throw OpenSSLError("recovering a public key")
        }
        defer {
            EC_POINT_free(commitment)
            EC_POINT_free(result)
        }
        guard EC_POINT_set_compressed_coordinates(group, commitment, x, parity, context) == 1 else {
            clearErrorQueue()
            return nil
        }
        guard let inverse = numbers.make([]), let u1 = numbers.make([]), let u2 = numbers.make([]),
            BN_mod_inverse(inverse, r, order, context) != nil,
            BN_mod_mul(u1, e, inverse, order, context) == 1,
            BN_sub(u1, order, u1) == 1,
            BN_mod_mul(u2, s, inverse, order, context) == 1,
            EC_POINT_mul(group, result, u1, commitment, u2, context) == 1
        else { throw OpenSSLError("recovering a public key") }
        if EC_POINT_is_at_infinity(group, result) == 1 { return nil }
        return P256PublicKey(x963: try encode(result)[...])
    }

    /// The uncompressed point d·G, 65 bytes.
    public func publicPoint(ofScalar scalar: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard scalar.count == 32, let number = numbers.make(scalar[...]), BN_is_zero(number) == 0,
            BN_cmp(number, order) < 0, let point = EC_POINT_new(group)
        else { throw OpenSSLError("a P-256 scalar is 32 bytes in 1…n−1") }
        defer { EC_POINT_free(point) }
        guard EC_POINT_mul(group, point, number, nil, nil, context) == 1 else {
            throw OpenSSLError("computing a public point")
        }
        return try encode(point)
    }

    /// `r || s` over `digest` by the key with this scalar, with the nonce of RFC 6979 §3.2: the same input gives
    /// the same bytes. Not hardened against timing: for test material and simulated fleets only.
    public func signDeterministically(digest: [UInt8], scalar: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard digest.count == 32, scalar.count == 32 else {
            throw OpenSSLError("signing", reasons: ["digest and scalar have 32 bytes each"])
        }
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let d = numbers.make(scalar[...]), let e = numbers.make(digest[...]),
            let reduced = numbers.make([]), let s = numbers.make([]), let inverse = numbers.make([]),
            BN_nnmod(reduced, e, order, context) == 1, let point = EC_POINT_new(group)
        else { throw OpenSSLError("signing") }
        defer { EC_POINT_free(point) }
        var generator = NonceGenerator(scalar: scalar, reducedDigest: bytes(reduced))
        while true {
            guard let k = numbers.make(generator.next()[...]) else { throw OpenSSLError("signing") }
            if BN_is_zero(k) != 0 || BN_cmp(k, order) >= 0 { continue }
            guard EC_POINT_mul(group, point, k, nil, nil, context) == 1 else { throw OpenSSLError("signing") }
            guard let r = numbers.make(try encode(point)[1..<33]), BN_nnmod(r, r, order, context) == 1,
                BN_mod_mul(s, r, d, order, context) == 1, BN_mod_add(s, s, e, order, context) == 1,
                BN_mod_inverse(inverse, k, order, context) != nil,
                BN_mod_mul(s, s, inverse, order, context) == 1
            else { throw OpenSSLError("signing") }
            if BN_is_zero(r) == 0, BN_is_zero(s) == 0 { return bytes(r) + bytes(s) }
        }
    }

    private func encode(_ point: OpaquePointer) throws(OpenSSLError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65)
        guard EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, 65, context) == 65
        else {
            throw OpenSSLError("encoding a point")
        }
        return bytes
    }

    private func bytes(_ number: OpaquePointer) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        _ = BN_bn2binpad(number, &bytes, 32)
        return bytes
    }
}

/// A frame of temporary numbers in a `BN_CTX`; they live until `end()`.
struct BigNumbers {
    private let context: OpaquePointer

    init(_ context: OpaquePointer) {
        self.context = context
        BN_CTX_start(context)
    }

    func end() { BN_CTX_end(context) }

    /// A number from big-endian bytes; zero for none.
    func make(_ bytes: ArraySlice<UInt8>) -> OpaquePointer? {
        guard let number = BN_CTX_get(context) else { return nil }
        return bytes.withUnsafeBufferPointer {
            BN_bin2bn($0.baseAddress, Int32(clamping: $0.count), number)
        }
    }
}

/// The HMAC-SHA256 generator of RFC 6979 §3.2 for P-256.
private struct NonceGenerator {
    private var key = [UInt8](repeating: 0, count: 32)
    private var value = [UInt8](repeating: 1, count: 32)
    private var started = false

    init(scalar: [UInt8], reducedDigest: [UInt8]) {
        for separator in [UInt8(0), 1] {
            key = hmac(value + [separator] + scalar + reducedDigest)
            value = hmac(value)
        }
    }

    mutating func next() -> [UInt8] {
        if started {
            key = hmac(value + [0])
            value = hmac(value)
        }
        started = true
        value = hmac(value)
        return value
    }

    private func hmac(_ message: [UInt8]) -> [UInt8] { KeyDerivation.hmacSHA256(key: key, message) }
}

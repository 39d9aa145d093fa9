import COpenSSL

/// The hash functions Assay knows. SHA-1 is for identifiers of existing certificates only, never for signatures.
public enum HashAlgorithm: String, Sendable, Hashable, CaseIterable {
    case sha1, sha256, sha384, sha512

    /// Digest length in bytes.
    public var byteCount: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    var name: String {
        switch self {
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        }
    }
}

/// Fetched `EVP_MD`s: fetching once instead of naming `EVP_sha256()` in each call halves the cost of a short hash.
struct FetchedDigests: @unchecked Sendable {
    // Never mutated after `init` and EVP_MD is immutable and reference counted, so sharing is safe.
    static let shared = FetchedDigests()

    private let pointers: [HashAlgorithm: OpaquePointer]
    private let sha256Pointer: OpaquePointer?

    private init() {
        var pointers: [HashAlgorithm: OpaquePointer] = [:]
        for algorithm in HashAlgorithm.allCases {
            pointers[algorithm] = EVP_MD_fetch(nil, algorithm.name, nil)
        }
        self.pointers = pointers
        sha256Pointer = pointers[.sha256]
    }

    func pointer(_ algorithm: HashAlgorithm) -> OpaquePointer? {
        algorithm == .sha256 ? sha256Pointer : pointers[algorithm]
    }
}

/// One hashing context for each thread: making one anew costs as much as hashing a hundred octets.
private struct ThreadContext: Sendable {
    static let shared = ThreadContext()

    /// libcrypto's key to the threads' own values; `nil` if none could be had. It frees a thread's context when the
    /// thread ends.
    private let key: CRYPTO_THREAD_LOCAL?

    private init() {
        var key = CRYPTO_THREAD_LOCAL()
        let isMade = CRYPTO_THREAD_init_local(&key) { context in
            EVP_MD_CTX_free(context.map { OpaquePointer($0) })
        }
        self.key = isMade == 1 ? key : nil
    }

    /// The calling thread's context, which nothing but one hash at a time uses; `nil` if there is none.
    var pointer: OpaquePointer? {
        guard var key else { return nil }
        if let known = CRYPTO_THREAD_get_local(&key) { return OpaquePointer(known) }
        guard let made = EVP_MD_CTX_new() else { return nil }
        guard CRYPTO_THREAD_set_local(&key, UnsafeMutableRawPointer(made)) == 1 else {
            EVP_MD_CTX_free(made)
            return nil
        }
        return made
    }
}

/// One-shot hashing.
public enum Digest {
    /// SHA-256 of `bytes`: 32 bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] { hash(.sha256, bytes) }

    /// SHA-256 of `bytes`: 32 bytes.
    public static func sha256(_ bytes: ArraySlice<UInt8>) -> [UInt8] { hash(.sha256, bytes) }

    /// The digest of `bytes` under `algorithm`.
    public static func hash(_ algorithm: HashAlgorithm, _ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBufferPointer { compute(algorithm, $0, algorithm.byteCount) }
    }

    /// The digest of `bytes` under `algorithm`.
    public static func hash(_ algorithm: HashAlgorithm, _ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.withUnsafeBufferPointer { compute(algorithm, $0, algorithm.byteCount) }
    }

    /// The first `length` bytes of the SHA-256 of `bytes`, at most 32.
    public static func sha256(_ bytes: ArraySlice<UInt8>, prefix length: Int) -> [UInt8] {
        bytes.withUnsafeBufferPointer { compute(.sha256, $0, min(max(length, 0), 32)) }
    }

    /// - Parameter length: how many bytes of the digest are wanted, no more than it has.
    private static func compute(
        _ algorithm: HashAlgorithm, _ input: UnsafeBufferPointer<UInt8>, _ length: Int
    ) -> [UInt8] {
        // Copied from the stack: an array that is filled in place costs more than the copy.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { output in
            // libcrypto's own hashes fail only when memory is exhausted; Swift's allocator ends the process
            // in that case too, so there is no result to return.
            let hashed = digest(algorithm, input, output.baseAddress)
            precondition(hashed, "libcrypto could not hash")
            return Array(UnsafeBufferPointer(rebasing: output[..<length]))
        }
    }

    private static func digest(
        _ algorithm: HashAlgorithm, _ input: UnsafeBufferPointer<UInt8>,
        _ output: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        let function = FetchedDigests.shared.pointer(algorithm)
        var size: UInt32 = 0
        if let function, let context = ThreadContext.shared.pointer {
            return EVP_DigestInit_ex2(context, function, nil) == 1
                && EVP_DigestUpdate(context, input.baseAddress, input.count) == 1
                && EVP_DigestFinal_ex(context, output, &size) == 1 && Int(size) == algorithm.byteCount
        }
        return EVP_Digest(input.baseAddress, input.count, output, &size, function, nil) == 1
            && Int(size) == algorithm.byteCount
    }
}

/// Random bytes from OpenSSL's generator.
public enum RandomBytes {
    /// `count` bytes fit for serial numbers and salts.
    public static func make(_ count: Int) throws(OpenSSLError) -> [UInt8] {
        var ok = false
        let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, initialized in
            ok = RAND_bytes(buffer.baseAddress, Int32(clamping: buffer.count)) == 1
            initialized = ok ? max(count, 0) : 0
        }
        guard ok || count <= 0 else { throw OpenSSLError("random generator") }
        return bytes
    }
}

/// Comparison whose time depends on the lengths only.
public func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

import COpenSSL

/// What a few milliseconds of arithmetic find against an RSA modulus: each of these lets anybody compute the private
/// key, or make signatures without it.
enum RSAModulus {
    /// The primes below 2¹⁶, and 65537.
    private static let primes: [UInt] = {
        var isComposite = [Bool](repeating: false, count: 65_538)
        var primes: [UInt] = []
        for number in 2..<isComposite.count where !isComposite[number] {
            primes.append(UInt(number))
            for multiple in stride(from: number * number, to: isComposite.count, by: number) {
                isComposite[multiple] = true
            }
        }
        return primes
    }()

    /// Primes whose product fits a word: one long division serves several.
    private static let groups: [(product: UInt, members: ArraySlice<UInt>)] = {
        var groups: [(product: UInt, members: ArraySlice<UInt>)] = []
        var start = 0
        var product: UInt = 1
        for (index, prime) in primes.enumerated() {
            let (next, overflows) = product.multipliedReportingOverflow(by: prime)
            if overflows {
                groups.append((product, primes[start..<index]))
                start = index
                product = prime
            } else {
                product = next
            }
        }
        groups.append((product, primes[start...]))
        return groups
    }()

    /// - Parameter modulus: big-endian, of a bounded length.
    static func defect(_ modulus: [UInt8]) -> String? {
        guard let context = BN_CTX_new() else { return unjudged }
        defer { BN_CTX_free(context) }
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let number = numbers.make(modulus[...]) else { return unjudged }
        defer { clearErrorQueue() }
        switch smallFactors(number) {
        case .factor(let prime):
            return
                "expected an RSA modulus of two large primes, found the factor \(prime)"
        case .pattern:
            return
                "expected an RSA modulus of random primes, found the pattern of CVE-2017-15361 (ROCA)"
        case .unjudged: return unjudged
        case .none: break
        }
        switch hasNeighbours(number, context) {
        case true?: return "expected an RSA modulus of two primes far apart, found two close to each other"
        case nil: return unjudged
        case false?: break
        }
        switch passesFermat(number, context) {
        case true?: return "expected an RSA modulus of two primes, found a prime"
        case nil: return unjudged
        case false?: return nil
        }
    }

    /// Whether `modulus` is `first` times `second`.
    static func isProduct(_ modulus: [UInt8], _ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard let context = BN_CTX_secure_new() else { return false }
        defer { BN_CTX_free(context) }
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let number = numbers.make(modulus[...]), let first = numbers.make(first[...]),
            let second = numbers.make(second[...]), let product = numbers.make([]),
            BN_mul(product, first, second, context) == 1
        else { return false }
        return BN_cmp(product, number) == 0
    }

    /// Memory is exhausted: nothing is known, so nothing is accepted.
    private static let unjudged = "the RSA modulus could not be examined"

    private enum Division {
        case none, unjudged, pattern
        case factor(UInt)
    }

    private static func smallFactors(_ number: OpaquePointer) -> Division {
        var hasPattern = true
        for (product, members) in groups {
            let rest = BN_mod_word(number, product)
            guard rest != UInt.max else { return .unjudged }
            for prime in members {
                let residue = rest % prime
                if residue == 0 { return .factor(prime) }
                if prime > 2, prime <= 167, hasPattern { hasPattern = isPower(of: 65_537, residue, prime) }
            }
        }
        return hasPattern ? .pattern : .none
    }

    /// Whether `residue` is a power of `base` modulo `prime`: so it is for the primes that the library of CVE-2017-15361
    /// makes, and for each of 38 small primes at once by chance hardly ever.
    private static func isPower(of base: UInt, _ residue: UInt, _ prime: UInt) -> Bool {
        var power: UInt = 1
        repeat {
            if power == residue { return true }
            power = power * (base % prime) % prime
        } while power != 1
        return false
    }

    /// Fermat's factorization, as many steps as find primes that were searched one after the other.
    private static let fermatSteps = 100

    /// Whether the modulus is the product of two numbers that differ by little; nil without memory.
    private static func hasNeighbours(_ number: OpaquePointer, _ context: OpaquePointer) -> Bool? {
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let root = numbers.make([]), let gap = numbers.make([]), let step = numbers.make([]),
            let part = numbers.make([]),
            squareRoot(of: number, into: root, context)
        else { return nil }
        // a is the root rounded up, and gap is a² − n; the modulus is (a − b)(a + b) if the gap is a square b².
        guard BN_sqr(gap, root, context) == 1 else { return nil }
        if BN_cmp(gap, number) < 0 { guard BN_add_word(root, 1) == 1 else { return nil } }
        guard BN_sqr(gap, root, context) == 1, BN_sub(gap, gap, number) == 1 else { return nil }
        for _ in 0..<fermatSteps {
            // Of random numbers three in a hundred may be squares by these two residues.
            let low = BN_mod_word(gap, 64)
            let other = BN_mod_word(gap, 45_045)
            guard low != UInt.max, other != UInt.max else { return nil }
            if mayBeSquare(low, 64), [5, 7, 9, 11, 13].allSatisfy({ mayBeSquare(other % $0, $0) }) {
                guard squareRoot(of: gap, into: part, context), BN_sqr(step, part, context) == 1 else {
                    return nil
                }
                if BN_cmp(step, gap) == 0 { return true }
            }
            // (a + 1)² − n = gap + 2a + 1
            guard BN_lshift1(step, root) == 1, BN_add_word(step, 1) == 1, BN_add(gap, gap, step) == 1,
                BN_add_word(root, 1) == 1
            else { return nil }
        }
        return false
    }

    private static func mayBeSquare(_ residue: UInt, _ modulus: UInt) -> Bool {
        (0..<modulus).contains { $0 * $0 % modulus == residue }
    }

    /// The square root rounded down, by Newton's method from above; false without memory.
    private static func squareRoot(
        of number: OpaquePointer, into root: OpaquePointer, _ context: OpaquePointer
    ) -> Bool {
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let next = numbers.make([]) else { return false }
        if BN_is_zero(number) == 1 {
            BN_zero_ex(root)
            return true
        }
        guard BN_set_word(root, 1) == 1, BN_lshift(root, root, (BN_num_bits(number) + 1) / 2) == 1 else {
            return false
        }
        // Each step doubles the digits that are right, so this ends long before.
        for _ in 0..<128 {
            guard BN_div(next, nil, number, root, context) == 1, BN_add(next, next, root) == 1,
                BN_rshift1(next, next) == 1
            else { return false }
            if BN_cmp(next, root) >= 0 { return true }
            guard BN_copy(root, next) != nil else { return false }
        }
        return false
    }

    /// Whether 2ⁿ⁻¹ = 1 modulo n, as for all primes and for no product of two random ones; nil without memory.
    private static func passesFermat(_ number: OpaquePointer, _ context: OpaquePointer) -> Bool? {
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let exponent = numbers.make([]), let power = numbers.make([]), let base = numbers.make([2]),
            BN_copy(exponent, number) != nil, BN_sub_word(exponent, 1) == 1,
            BN_mod_exp_mont(power, base, exponent, number, context, nil) == 1
        else { return nil }
        return BN_is_one(power) == 1
    }
}

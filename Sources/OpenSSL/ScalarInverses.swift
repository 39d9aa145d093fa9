import COpenSSL
import Glibc

/// Inverses modulo the order of P-256, for a block of numbers at the price of one inversion and three multiplications
/// each (Montgomery's simultaneous inversion: Cohen, "A Course in Computational Algebraic Number Theory", algorithm
/// 10.3.4).
///
/// For public numbers only: the time it takes depends on them. One per worker.
final class ScalarInverses {
    /// Numbers that a block may have.
    static let capacity = 128
    /// With fewer than these the one inversion costs more than it saves.
    static let leastCount = 4
    private static let width = 32

    private let context: OpaquePointer
    private let order: OpaquePointer
    private let montgomery: OpaquePointer
    private let numbers: NumberPool
    /// How many of ``numbers`` are taken by the block.
    private var count = 0
    /// Where in ``numbers`` the inverse of each number of the block is; nil for one that has none.
    private var places: [Int?] = []

    /// `order` and `montgomery`, which has to be of that order, are the caller's and have to outlive this.
    ///
    /// Fails only when memory is exhausted.
    init(order: OpaquePointer, montgomery: OpaquePointer) throws(OpenSSLError) {
        // A number and the product of all up to it, and two to calculate with.
        numbers = try NumberPool(2 * Self.capacity + 2)
        guard let context = BN_CTX_new() else { throw OpenSSLError("setting up P-256") }
        self.context = context
        self.order = order
        self.montgomery = montgomery
        places.reserveCapacity(Self.capacity)
    }

    deinit { BN_CTX_free(context) }

    /// Finds the inverses of a block of numbers, at most ``capacity``.
    ///
    /// - Parameter block: 32 bytes each, big-endian.
    func invert(_ block: [UnsafePointer<UInt8>]) {
        count = 0
        places.removeAll(keepingCapacity: true)
        guard block.count >= Self.leastCount, block.count <= Self.capacity else { return }
        for number in block { places.append(enter(number)) }
        guard !invertEntered() else { return }
        clearErrorQueue()
        places.removeAll(keepingCapacity: true)
    }

    /// The inverse of a number by its place in the block, in Montgomery form, valid until the next block; `nil` if the
    /// block was too small, or if the number has no inverse.
    func inverse(at place: Int) -> OpaquePointer? {
        guard places.indices.contains(place), let number = places[place] else { return nil }
        return numbers[number]
    }

    /// Takes a number in that has an inverse: one factor of zero would leave the whole block without.
    private func enter(_ number: UnsafePointer<UInt8>) -> Int? {
        let value = numbers[count]
        guard BN_bin2bn(number, Int32(Self.width), value) != nil, BN_is_zero(value) == 0,
            BN_cmp(value, order) < 0
        else { return nil }
        count += 1
        return count - 1
    }

    /// Puts the inverses in the places of the numbers; false when libcrypto cannot, or when one does not prove to be
    /// an inverse.
    ///
    /// With a̅ for a in Montgomery form (aR): products p̅ₖ = a̅₁…a̅ₖ, then from the last to the first
    /// aₖ⁻¹ = pₖ⁻¹·pₖ₋₁ and pₖ₋₁⁻¹ = pₖ⁻¹·aₖ.
    private func invertEntered() -> Bool {
        guard count > 0 else { return true }
        let rest = numbers[2 * Self.capacity]
        let inverse = numbers[2 * Self.capacity + 1]
        for index in 0..<count {
            guard BN_to_montgomery(numbers[index], numbers[index], montgomery, context) == 1 else {
                return false
            }
            let product = numbers[Self.capacity + index]
            if index == 0 {
                guard BN_copy(product, numbers[0]) != nil else { return false }
            } else {
                guard multiply(product, numbers[Self.capacity + index - 1], numbers[index]) else {
                    return false
                }
            }
        }
        guard BN_from_montgomery(rest, numbers[Self.capacity + count - 1], montgomery, context) == 1,
            BN_mod_inverse(rest, rest, order, context) != nil,
            BN_to_montgomery(rest, rest, montgomery, context) == 1
        else { return false }
        for index in (0..<count).reversed() {
            if index == 0 {
                guard BN_copy(inverse, rest) != nil else { return false }
            } else {
                guard multiply(inverse, rest, numbers[Self.capacity + index - 1]),
                    multiply(rest, rest, numbers[index])
                else { return false }
            }
            guard replace(index, by: inverse) else { return false }
        }
        return true
    }

    /// Puts an inverse in the place of its number if their product is 1: no slip above can then change a verdict.
    private func replace(_ index: Int, by inverse: OpaquePointer) -> Bool {
        let check = numbers[Self.capacity + index]
        guard multiply(check, numbers[index], inverse),
            BN_from_montgomery(check, check, montgomery, context) == 1, BN_is_one(check) == 1
        else { return false }
        return BN_copy(numbers[index], inverse) != nil
    }

    private func multiply(_ product: OpaquePointer, _ left: OpaquePointer, _ right: OpaquePointer) -> Bool {
        BN_mod_mul_montgomery(product, left, right, montgomery, context) == 1
    }
}

/// Numbers of libcrypto that live as long as their pool.
final class NumberPool {
    private let numbers: [OpaquePointer]

    /// Fails only when memory is exhausted.
    init(_ count: Int) throws(OpenSSLError) {
        var numbers: [OpaquePointer] = []
        for _ in 0..<count {
            guard let number = BN_new() else {
                numbers.forEach(BN_free)
                throw OpenSSLError("setting up P-256")
            }
            numbers.append(number)
        }
        self.numbers = numbers
    }

    deinit { numbers.forEach(BN_free) }

    subscript(index: Int) -> OpaquePointer { numbers[index] }
}

import COpenSSL
import Glibc

/// Inverses modulo the order of P-256, for a block of numbers at the price of one inversion and three multiplications
/// each (Montgomery's simultaneous inversion: Cohen, "A Course in Computational Algebraic Number Theory", algorithm
/// 10.3.4).
///
/// Numbers are announced first; the first question for one of them inverts all that wait. For public numbers only:
/// the time it takes depends on them. One per worker.
final class ScalarInverses {
    /// Numbers that may wait at once; what is announced beyond them is not inverted.
    static let capacity = 128
    /// With fewer than these the one inversion costs more than it saves.
    static let leastCount = 4
    private static let width = 32

    private let context: OpaquePointer
    private let order: OpaquePointer
    private let montgomery: OpaquePointer
    private let numbers: NumberPool
    /// The numbers that wait, 32 bytes each, big-endian.
    private var waiting: [UInt8] = []
    /// The numbers of which `numbers` has the inverses, 32 bytes each.
    private var inverted: [UInt8] = []
    /// Where the next number is most likely to be asked for: they come in the order in which they were announced.
    private var next = 0

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
        waiting.reserveCapacity(Self.capacity * Self.width)
    }

    deinit { BN_CTX_free(context) }

    /// Lets a number of 32 bytes wait to be inverted with others.
    func announce(_ number: UnsafePointer<UInt8>) {
        guard waiting.count < Self.capacity * Self.width else { return }
        waiting.append(contentsOf: UnsafeBufferPointer(start: number, count: Self.width))
    }

    /// The inverse of an announced number of 32 bytes, in Montgomery form, valid until the next call; `nil` if it was
    /// not announced, came too late or with too few others, or has no inverse.
    func inverse(of number: UnsafePointer<UInt8>) -> OpaquePointer? {
        if let place = find(number) { return numbers[place] }
        guard !waiting.isEmpty else { return nil }
        invertWaiting()
        return find(number).map { numbers[$0] }
    }

    private func find(_ number: UnsafePointer<UInt8>) -> Int? {
        let count = inverted.count / Self.width
        let place: Int? = inverted.withUnsafeBufferPointer { all in
            guard let start = all.baseAddress else { return nil }
            if next < count, memcmp(start + next * Self.width, number, Self.width) == 0 { return next }
            return (0..<count).first { memcmp(start + $0 * Self.width, number, Self.width) == 0 }
        }
        if let place { next = place + 1 }
        return place
    }

    private func invertWaiting() {
        inverted.removeAll(keepingCapacity: true)
        next = 0
        let count = waiting.count / Self.width
        if count >= Self.leastCount {
            for index in 0..<count {
                waiting.withUnsafeBufferPointer { all in
                    guard let start = all.baseAddress else { return }
                    enter(start + index * Self.width)
                }
            }
            if !invertEntered() {
                clearErrorQueue()
                inverted.removeAll(keepingCapacity: true)
            }
        }
        waiting.removeAll(keepingCapacity: true)
    }

    /// Takes a number in that has an inverse: one factor of zero would leave the whole block without.
    private func enter(_ number: UnsafePointer<UInt8>) {
        let value = numbers[inverted.count / Self.width]
        guard BN_bin2bn(number, Int32(Self.width), value) != nil, BN_is_zero(value) == 0,
            BN_cmp(value, order) < 0
        else { return }
        inverted.append(contentsOf: UnsafeBufferPointer(start: number, count: Self.width))
    }

    /// Puts the inverses in the places of the numbers; false when libcrypto cannot, or when one does not prove to be
    /// an inverse.
    ///
    /// With a̅ for a in Montgomery form (aR): products p̅ₖ = a̅₁…a̅ₖ, then from the last to the first
    /// aₖ⁻¹ = pₖ⁻¹·pₖ₋₁ and pₖ₋₁⁻¹ = pₖ⁻¹·aₖ.
    private func invertEntered() -> Bool {
        let count = inverted.count / Self.width
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

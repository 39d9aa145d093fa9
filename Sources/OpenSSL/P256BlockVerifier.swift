import COpenSSL
import Glibc

/// The equation of ECDSA on P-256 (FIPS 186-5 §6.4.2) for signatures that come in blocks, put together from
/// libcrypto's arithmetic as in ``P256Arithmetic``.
///
/// libcrypto's own function finds two inverses for each signature: that of s, and that of the denominator of the
/// resulting point's x. Here a block shares one inversion (``ScalarInverses``), and x is compared without division,
/// r·Z² with X (as BoringSSL does). That spares about a sixth of the time. Whatever
/// libcrypto cannot calculate here is left to libcrypto's function. Tests hold the two against each other. For public numbers only. One per worker.
final class P256BlockVerifier {
    private let group: OpaquePointer
    private let context: OpaquePointer
    private let order: OpaquePointer
    private let montgomeryOfOrder: OpaquePointer
    private let field: OpaquePointer
    private let montgomeryOfField: OpaquePointer
    private let publicPoint: OpaquePointer
    private let sum: OpaquePointer
    private let numbers: NumberPool
    private let inverses: ScalarInverses

    /// Everything that a block needs; fails only when memory is exhausted.
    init() throws(OpenSSLError) {
        let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)
        let (context, field) = (BN_CTX_new(), BN_new())
        let (ofOrder, ofField) = (BN_MONT_CTX_new(), BN_MONT_CTX_new())
        let (publicPoint, sum) = (group.flatMap(EC_POINT_new), group.flatMap(EC_POINT_new))
        do throws(OpenSSLError) {
            guard let group, let context, let field, let ofOrder, let ofField, let publicPoint, let sum,
                let order = EC_GROUP_get0_order(group),
                EC_GROUP_get_curve(group, field, nil, nil, context) == 1,
                BN_MONT_CTX_set(ofOrder, order, context) == 1, BN_MONT_CTX_set(ofField, field, context) == 1
            else { throw OpenSSLError("setting up P-256") }
            numbers = try NumberPool(6)
            inverses = try ScalarInverses(order: order, montgomery: ofOrder)
            (self.group, self.context, self.field, self.order) = (group, context, field, order)
            (montgomeryOfOrder, montgomeryOfField) = (ofOrder, ofField)
            (self.publicPoint, self.sum) = (publicPoint, sum)
        } catch {
            EC_POINT_free(publicPoint)
            EC_POINT_free(sum)
            BN_MONT_CTX_free(ofOrder)
            BN_MONT_CTX_free(ofField)
            BN_free(field)
            BN_CTX_free(context)
            EC_GROUP_free(group)
            throw error
        }
    }

    deinit {
        EC_POINT_free(publicPoint)
        EC_POINT_free(sum)
        BN_MONT_CTX_free(montgomeryOfOrder)
        BN_MONT_CTX_free(montgomeryOfField)
        BN_free(field)
        BN_CTX_free(context)
        EC_GROUP_free(group)
    }

    /// Begins a block of signatures (`r || s`, 64 bytes each), at most ``ScalarInverses/capacity``.
    func begin(_ signatures: [UnsafePointer<UInt8>]) { inverses.invert(signatures.map { $0 + 32 }) }

    /// Whether a signature (`r || s`, 64 bytes), number `place` of the block, over `digest` (32 bytes) was made by the key
    /// with this point (65 bytes, uncompressed); `nil` if libcrypto's own function has to say.
    func verdict(
        at place: Int, _ signature: UnsafePointer<UInt8>, digest: UnsafePointer<UInt8>,
        point: UnsafePointer<UInt8>
    ) -> Bool? {
        guard let inverse = inverses.inverse(at: place) else { return nil }
        let (r, e, u1, u2) = (numbers[0], numbers[1], numbers[2], numbers[3])
        guard BN_bin2bn(signature, 32, r) != nil, BN_bin2bn(digest, 32, e) != nil else { return nil }
        guard BN_is_zero(r) == 0, BN_cmp(r, order) < 0 else { return false }
        guard EC_POINT_oct2point(group, publicPoint, point, 65, context) == 1 else {
            clearErrorQueue()
            return false
        }
        // u1 = e·s⁻¹ and u2 = r·s⁻¹; one factor being in Montgomery form, the product is not. The digest may be up to
        // 2²⁵⁶ − 1, a little more than the order, which the multiplication bears.
        guard BN_mod_mul_montgomery(u1, e, inverse, montgomeryOfOrder, context) == 1,
            BN_mod_mul_montgomery(u2, r, inverse, montgomeryOfOrder, context) == 1,
            EC_POINT_mul(group, sum, u1, publicPoint, u2, context) == 1
        else {
            clearErrorQueue()
            return nil
        }
        if EC_POINT_is_at_infinity(group, sum) == 1 { return false }
        return hasX(congruentTo: r)
    }

    /// Whether the x of the sum is `r` modulo the order: `r` itself, or `r` plus the order where that is still below
    /// the field's prime. With x = X/Z² that is r·Z² = X.
    private func hasX(congruentTo r: OpaquePointer) -> Bool? {
        let (x, z) = (numbers[4], numbers[5])
        guard assay_ec_point_get_jacobian_x_z(group, sum, x, z, context) == 1,
            // Each multiplication below divides by R, so X is divided as often.
            BN_from_montgomery(x, x, montgomeryOfField, context) == 1,
            BN_from_montgomery(x, x, montgomeryOfField, context) == 1,
            BN_mod_mul_montgomery(z, z, z, montgomeryOfField, context) == 1
        else {
            clearErrorQueue()
            return nil
        }
        let product = numbers[1]
        while BN_cmp(r, field) < 0 {
            guard BN_mod_mul_montgomery(product, z, r, montgomeryOfField, context) == 1 else {
                clearErrorQueue()
                return nil
            }
            if BN_cmp(product, x) == 0 { return true }
            guard BN_add(r, r, order) == 1 else {
                clearErrorQueue()
                return nil
            }
        }
        return false
    }
}

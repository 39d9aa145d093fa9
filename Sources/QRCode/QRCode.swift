import CQREncode

/// A QR code (ISO/IEC 18004) of some octets, at error correction level M: 15 % of it may be damaged or dirty.
public struct QRCode: Sendable, Equatable {
    /// Why there is no code.
    public enum Fault: Error, Sendable, Equatable {
        /// libqrencode is not installed.
        case libraryMissing
        /// The octets do not fit into the largest code, or there are none.
        case unfit
    }

    /// The most octets that the largest code holds at this level.
    public static let capacity = 2_331
    /// Modules of light around a code, on each side, that readers need (ISO/IEC 18004 section 6.3.8).
    public static let quietZone = 4

    /// Modules on a side: 21…177.
    public let size: Int
    /// Row by row, whether a module is dark; `size` × `size`.
    private let modules: [Bool]

    /// Encodes octets in byte mode.
    ///
    /// - Parameter octets: 1…``capacity``.
    public init(encoding octets: [UInt8]) throws(Fault) {
        guard !octets.isEmpty, octets.count <= Self.capacity else { throw .unfit }
        // Opened again for each code: the system counts, and nothing global has to be guarded.
        var functions = assay_qrencode()
        guard assay_qrencode_open(&functions) != 0 else { throw .libraryMissing }
        guard let code = assay_qrencode_encode(&functions, octets, Int32(octets.count)) else { throw .unfit }
        defer { assay_qrencode_release(&functions, code) }
        let size = Int(code.pointee.width)
        guard 21...177 ~= size, let data = code.pointee.data else { throw .unfit }
        // The lowest bit of each octet is the module's colour.
        modules = UnsafeBufferPointer(start: data, count: size * size).map { $0 & 1 == 1 }
        self.size = size
    }

    /// Whether the module in this row and column is dark; light outside of the code.
    public func isDark(row: Int, column: Int) -> Bool {
        guard 0..<size ~= row, 0..<size ~= column else { return false }
        return modules[row * size + column]
    }

    /// The runs of dark modules of a row, as columns.
    public func darkRuns(row: Int) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start: Int?
        for column in 0...size {
            if isDark(row: row, column: column) {
                start = start ?? column
            } else if let begun = start {
                runs.append(begun..<column)
                start = nil
            }
        }
        return runs
    }
}

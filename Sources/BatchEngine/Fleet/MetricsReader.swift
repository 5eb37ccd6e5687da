import LLMStreaming

/// A cursor over a page of metrics in Prometheus' text format, version 0.0.4.
///
/// A page has thousands of lines, of which a few tell a load: names are compared where they stand, and only those lines
/// are read on. Comments, exemplars, times and all that is no sample are passed over.
struct MetricsReader {
    /// The next byte of the line that is read.
    private var index = 0
    private var lineEnd = 0
    private var nextLine = 0

    /// More than any number has that a server writes.
    private static let maximumValueBytes = 64

    /// Moves to the next line that begins with a name; nil where there is none.
    mutating func nextName(in bytes: Span<UInt8>) -> Range<Int>? {
        while nextLine < bytes.count {
            index = nextLine
            lineEnd = index
            while lineEnd < bytes.count, bytes[lineEnd] != 0x0A { lineEnd += 1 }
            nextLine = lineEnd + 1
            skipBlanks(in: bytes)
            let name = takeName(in: bytes)
            if !name.isEmpty { return name }
        }
        return nil
    }

    /// The labels behind the name that came last; nil where they are broken.
    mutating func labels(in bytes: Span<UInt8>) -> SampleLabels? {
        var labels = SampleLabels()
        skipBlanks(in: bytes)
        guard take(UInt8(ascii: "{"), in: bytes) else { return labels }
        while !take(UInt8(ascii: "}"), in: bytes) {
            skipBlanks(in: bytes)
            let name = takeName(in: bytes)
            skipBlanks(in: bytes)
            guard !name.isEmpty, take(UInt8(ascii: "="), in: bytes) else { return nil }
            skipBlanks(in: bytes)
            guard let value = takeQuoted(in: bytes) else { return nil }
            labels.add(name, value, in: bytes)
            skipBlanks(in: bytes)
            // One may stand behind the last label too.
            _ = take(UInt8(ascii: ","), in: bytes)
            skipBlanks(in: bytes)
        }
        return labels
    }

    /// The number behind the labels that came last; nil where none stands there.
    mutating func value(in bytes: Span<UInt8>) -> Double? {
        skipBlanks(in: bytes)
        let start = index
        while index < lineEnd, !Self.isBlank(bytes[index]) { index += 1 }
        guard index - start <= Self.maximumValueBytes else { return nil }
        return Double(JSONScanner.text(bytes.extracting(start..<index)))
    }

    private mutating func take(_ byte: UInt8, in bytes: Span<UInt8>) -> Bool {
        guard index < lineEnd, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func takeName(in bytes: Span<UInt8>) -> Range<Int> {
        let start = index
        while index < lineEnd {
            switch bytes[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
                index += 1
            default: return start..<index
            }
        }
        return start..<index
    }

    /// What stands between quotation marks, its escapes as they are.
    private mutating func takeQuoted(in bytes: Span<UInt8>) -> Range<Int>? {
        guard take(UInt8(ascii: "\""), in: bytes) else { return nil }
        let start = index
        while index < lineEnd {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return start..<index - 1
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return nil
    }

    private mutating func skipBlanks(in bytes: Span<UInt8>) {
        while index < lineEnd, Self.isBlank(bytes[index]) { index += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}

/// What the labels of a sample say, as far as it is needed.
struct SampleLabels: Sendable {
    /// The same for samples whose labels differ by ranks of parallelism alone: these tell the same thing.
    private(set) var key = 0
    /// The label that says which of several things the name tells (Triton).
    private(set) var kind: Range<Int>?
    /// Whether only requests of one priority are told of: another line tells of all of them (SGLang).
    private(set) var isShare = false

    mutating func add(_ name: Range<Int>, _ value: Range<Int>, in bytes: Span<UInt8>) {
        func isNamed(_ text: StaticString) -> Bool { JSONScanner.equals(name, text, in: bytes) }
        if isNamed("tp_rank") || isNamed("pp_rank") || isNamed("moe_ep_rank") { return }
        if isNamed("priority") {
            isShare = isShare || !value.isEmpty
            return
        }
        if isNamed("request_type") || isNamed("kv_cache_block_type") { kind = value }
        var hasher = Hasher()
        for range in [name, value] {
            hasher.combine(range.count)
            for index in range { hasher.combine(bytes[index]) }
        }
        // In whatever order they stand.
        key ^= hasher.finalize()
    }
}

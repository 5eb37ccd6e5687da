import LLMStreaming

/// The name of a part in a shared folder: all that a reader knows before it opens the file (Contract, "Shared folders").
///
/// `part.003-of-064.9f3c2a1b5d7e8f60.17-24.40960.0a1b2c3d4e5f60718293a4b5c6d7e8f9.db`: the shard, the worker, the numbers
/// of the worker's parts whose rows it holds, its bytes, and the beginning of their SHA-256. A file that is not as its
/// name says was cut short, or is still being written.
package struct PartName: Sendable, Hashable {
    /// The hexadecimal digits of a checksum.
    package static let checksumDigits = 32

    /// Whose jobs it holds; the only shard where the input was not cut.
    package let shard: JobShard
    package let worker: WorkerName
    /// The worker's parts are counted from 1; of several numbers it holds all that the parts with the lesser ones do.
    package let numbers: ClosedRange<Int>
    /// The length of the file.
    package let bytes: Int
    /// The first digits of its SHA-256, in lower case.
    package let checksum: String

    package init(shard: JobShard, worker: WorkerName, numbers: ClosedRange<Int>, bytes: Int, checksum: String) {
        self.shard = shard
        self.worker = worker
        self.numbers = numbers
        self.bytes = bytes
        self.checksum = checksum
    }

    /// Reads the name of a file; nil for one that is no part's, or has numbers that no worker can have given.
    package init?(_ text: String) {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 7, words[0] == "part", words[6] == "db", let shard = JobShard(fileName: words[1]),
            let worker = WorkerName(words[2]), let bytes = JobShard.number(words[4]),
            words[5].utf8.count == Self.checksumDigits
        else { return nil }
        let numbers = words[3].split(separator: "-", omittingEmptySubsequences: false).map(JobShard.number)
        guard numbers.count == 2, let first = NumberGate.count(numbers[0]), let last = NumberGate.count(numbers[1]),
            first >= 1, first <= last, (1...NumberGate.sums.upperBound).contains(bytes)
        else { return nil }
        self.init(shard: shard, worker: worker, numbers: first...last, bytes: bytes, checksum: String(words[5]))
        // Another way to write the same numbers is another file's name.
        guard self.text == text, WorkerName.isHexadecimal(words[5]) else { return nil }
    }

    /// The file's name.
    package var text: String {
        "part.\(shard.fileName).\(worker.text).\(numbers.lowerBound)-\(numbers.upperBound).\(bytes).\(checksum).db"
    }

    /// Whether it may hold jobs of a shard, which may be one of another number of shards of the same input.
    package func mayHoldJobs(of other: JobShard) -> Bool {
        let common = Self.greatestCommonDivisor(shard.count, other.count)
        return shard.index % common == other.index % common
    }

    private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
        right == 0 ? left : greatestCommonDivisor(right, left % right)
    }
}

/// What tells one run of a shared folder from all others: 64 random bits.
package struct WorkerName: Sendable, Hashable, Comparable {
    /// Sixteen hexadecimal digits in lower case.
    package let text: String

    /// Another than all others.
    package static func random() -> WorkerName { WorkerName(number: UInt64.random(in: .min ... .max)) }

    package init(number: UInt64) { text = number.hexadecimal }

    /// Reads one; nil for anything else.
    package init?(_ text: Substring) {
        guard text.utf8.count == 16, Self.isHexadecimal(text) else { return nil }
        self.text = String(text)
    }

    static func isHexadecimal(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
    }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

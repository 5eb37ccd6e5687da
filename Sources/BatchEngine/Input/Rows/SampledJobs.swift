import BatchRows
import LLMStreaming

/// The samples of jobs: of `--samples K` each line makes K (Contract, "Samples").
extension InputReading {
    /// How many jobs a line makes.
    var sampleCount: Int { samples?.count ?? 1 }

    /// Checks that a line can have so many samples.
    ///
    /// - Throws: why it cannot.
    func checkSamples(of line: ParsedLine) throws(LineFaults) {
        guard let samples, samples.count > 1 else { return }
        var faults = LineFaults()
        faults.customID = line.customID
        if let id = line.customID {
            let length = samples.id(samples.count, of: id).unicodeScalars.count
            if length > 256 {
                faults.add(
                    "the id with the number of a sample behind it must have at most 256 characters, not \(length.grouped)"
                )
            }
        }
        if line.sample(samples.count) == nil {
            faults.add("'seed' is too large to be counted up \(samples.count.grouped) samples")
        }
        if !faults.isEmpty { throw faults }
    }

    /// Whether any job of a line is of a shard.
    ///
    /// - Parameter id: what the line gives or is given.
    func isAny(of id: String, in shard: JobShard) -> Bool {
        guard let samples else { return shard.contains(id) }
        return (1...samples.count).contains { shard.contains(samples.id($0, of: id)) }
    }

    /// The numbers of those jobs of a line that are of this run's shard.
    ///
    /// - Parameter id: that of a line of which at least one is.
    func sampleNumbers(of id: String) -> [Int] {
        guard let samples, samples.count > 1 else { return [1] }
        return (1...samples.count).filter { shard?.contains(samples.id($0, of: id)) ?? true }
    }

    /// The jobs of a line without fault.
    ///
    /// - Parameters:
    ///   - line: the line.
    ///   - hash: that of its request as it stands.
    ///   - id: the job's own, which the samples' are made from.
    ///   - numbers: those of the samples.
    ///   - source: the file as the user named it.
    ///   - number: the line's, from 1.
    func jobs(
        of line: ParsedLine, _ hash: RequestHash, id: String, _ numbers: [Int], source: String, line number: Int
    ) -> [NewJob] {
        let first = NewJob(line, hash, id: id, source: source, line: number)
        guard let samples, samples.count > 1 else { return [first] }
        return numbers.compactMap { sample in
            guard let sampled = line.sample(sample) else { return nil }
            var job = first
            if sampled.members != line.members {
                job = NewJob(sampled, sampled.hash, id: id, source: source, line: number)
            }
            job.customID = samples.id(sample, of: id)
            job.sample = sample
            return job
        }
    }
}

/// The jobs of a line that are still to be made: all samples of a long line at once would take the memory of many pages.
struct PendingSamples: Sendable {
    private let line: ParsedLine
    private let hash: RequestHash
    private let id: String
    private let source: String
    private let number: Int
    /// About how many bytes each has.
    private let bytes: Int
    private var numbers: ArraySlice<Int>

    /// - Parameters:
    ///   - line: a line without fault, with the hash of its request.
    ///   - id: its own, or the one that it was given.
    ///   - numbers: those of the samples.
    ///   - place: the file as the user named it, and the line's number in it.
    ///   - bytes: how many the line has.
    init(
        _ line: ParsedLine, _ hash: RequestHash, id: String, numbers: [Int], at place: (source: String, line: Int),
        bytes: Int
    ) {
        self.line = line
        self.hash = hash
        self.id = id
        self.numbers = numbers[...]
        (source, number) = place
        self.bytes = max(1, bytes)
    }

    var isEmpty: Bool { numbers.isEmpty }

    /// The next of them, at least one, else as many as both bounds allow.
    ///
    /// - Parameters:
    ///   - maximum: the most jobs.
    ///   - maximumBytes: about the most bytes of them.
    /// - Returns: also about how many bytes they have.
    mutating func next(
        _ reading: InputReading, maximum: Int, maximumBytes: Int
    ) -> (jobs: [NewJob], bytes: Int) {
        let some = Array(numbers.prefix(max(1, min(maximum, maximumBytes / bytes))))
        numbers = numbers.dropFirst(some.count)
        let jobs = reading.jobs(of: line, hash, id: id, some, source: source, line: number)
        return (jobs, bytes * some.count)
    }
}

extension InputLine {
    /// How many bytes are held of it.
    var heldBytes: Int { if case .bytes(let bytes) = self { bytes.count } else { 0 } }
}

extension ParsedLine {
    /// The line with the seed of a sample; nil where that has no number.
    fileprivate func sample(_ number: Int) -> ParsedLine? {
        guard let seeded = JobSamples.request(members, sample: number) else { return nil }
        guard seeded != members else { return self }
        guard let request = try? JobRequest(stored: seeded) else { return nil }
        var line = self
        line.members = seeded
        line.content = request.content
        return line
    }
}

/// How an input is read: by whom its lines are understood and within which bounds.
package struct InputReading: Sendable {
    package var parser: JobLineParser
    /// `--max-line-bytes`.
    package var maximumLineBytes: Int
    /// `--skip-invalid`: lines with faults are left out, and their ids are free for others.
    package var skipsInvalid: Bool
    /// The part of the input whose jobs are read; nil for all of it.
    package var shard: JobShard?
    /// Whether the check guesses what each job uses up.
    package var isEstimating = false
    /// How ids are distinguished; other than the default only in tests.
    var fingerprint: IdentitySet.Fingerprint = IdentitySet.sipHash

    package init(parser: JobLineParser, maximumLineBytes: Int = 16 << 20, skipsInvalid: Bool = false) {
        self.parser = parser
        self.maximumLineBytes = maximumLineBytes
        self.skipsInvalid = skipsInvalid
    }

    /// Parses a line; one over the limit is a fault, and so is where a document breaks off.
    func parse(_ line: InputLine) throws(LineFaults) -> ParsedLine {
        switch line {
        case .bytes(let bytes): return try parser.parse(bytes)
        case .oversized(let count):
            var faults = LineFaults()
            faults.add(
                "the line has \(count.grouped) bytes, more than --max-line-bytes allows (\(maximumLineBytes.grouped))")
            throw faults
        case .broken(let reason):
            var faults = LineFaults()
            faults.add(reason)
            throw faults
        }
    }
}

/// What a line is to the run that reads it.
enum LineReading {
    case job(ParsedLine)
    /// Of another shard, with the hash of the id that it gives; nil where that is not needed, or it gives none.
    case foreign(IDHash?)
}

extension InputReading {
    /// Reads a line: whole where its job is of this run's shard, else no more than its id.
    ///
    /// - Throws: all faults of a line of this shard. Where the id cannot be read, no shard can tell whose the line is: it
    ///   is a fault in each, and of lines that are left out the first shard's.
    func read(_ line: InputLine) throws(LineFaults) -> LineReading {
        // All are of the only one.
        guard let shard, shard.count > 1 else { return .job(try parse(line)) }
        if let hash = Self.scannedID(of: line) {
            return shard.contains(hash) ? .job(try parse(line)) : .foreign(hash)
        }
        let parsed: ParsedLine
        do throws(LineFaults) { parsed = try parse(line) } catch {
            if let hash = error.customID.map(IDHash.init) {
                if !shard.contains(hash) { return .foreign(hash) }
            } else if skipsInvalid, shard.index > 0 {
                return .foreign(nil)
            }
            throw error
        }
        if let hash = parsed.customID.map(IDHash.init) { return shard.contains(hash) ? .job(parsed) : .foreign(hash) }
        return shard.contains(parsed.hash.prefix.hexadecimal) ? .job(parsed) : .foreign(nil)
    }

    /// The id that a line gives, as the parser reads it; nil where it gives none that can be used.
    func givenID(of line: InputLine) -> String? {
        do throws(LineFaults) { return try parse(line).customID } catch { return error.customID }
    }

    private static func scannedID(of line: InputLine) -> IDHash? {
        guard case .bytes(let bytes) = line else { return nil }
        return switch LineID(of: bytes.span) {
        case .plain(let range): IDHash(bytes.span.extracting(range))
        case .escaped(let id): IDHash(id)
        case .unknown: nil
        }
    }
}

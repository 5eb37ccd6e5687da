package import BatchRows
import LLMStreaming

/// How an input is read: by whom its lines are understood and within which bounds.
package struct InputReading: Sendable {
    package var parser: JobLineParser
    /// `--max-line-bytes`.
    package var maximumLineBytes: Int
    /// `--skip-invalid`: lines with faults are left out, and their ids are free for others.
    package var skipsInvalid: Bool
    /// The part of the input whose jobs are read; nil for all of it.
    package var shard: JobShard?
    /// What makes job lines of rows; nil where the sources have job lines.
    package var rows: RowInput?
    /// How often each job is run; nil for once, under its own id.
    package var samples: JobSamples?
    /// Whether the check guesses what each job uses up.
    package var isEstimating = false
    /// How ids are distinguished; other than the default only in tests.
    var fingerprint: IdentitySet.Fingerprint = IdentitySet.sipHash

    package init(parser: JobLineParser, maximumLineBytes: Int = 16 << 20, skipsInvalid: Bool = false) {
        self.parser = parser
        self.maximumLineBytes = maximumLineBytes
        self.skipsInvalid = skipsInvalid
    }

    /// Parses a line; one over the limit is a fault, and so is a row that makes none, and where a document breaks off.
    func parse(_ line: InputLine) throws(LineFaults) -> ParsedLine {
        switch line {
        case .bytes(let bytes):
            let parsed = try parser.parse(bytes)
            try checkSamples(of: parsed)
            return parsed
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
    /// At least one of its samples is of this run's shard.
    case job(ParsedLine)
    /// Of other shards, with the hash of the id that it gives; nil where that is not needed, or it gives none.
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
        if let (hash, isOwn) = scannedID(of: line, shard) { return isOwn ? .job(try parse(line)) : .foreign(hash) }
        let parsed: ParsedLine
        do throws(LineFaults) { parsed = try parse(line) } catch {
            if let id = error.customID {
                if !isAny(of: id, in: shard) { return .foreign(IDHash(id)) }
            } else if skipsInvalid, shard.index > 0 {
                return .foreign(nil)
            }
            throw error
        }
        if let id = parsed.customID { return isAny(of: id, in: shard) ? .job(parsed) : .foreign(IDHash(id)) }
        return isAny(of: parsed.hash.prefix.hexadecimal, in: shard) ? .job(parsed) : .foreign(nil)
    }

    /// The id that a line gives, as the parser reads it; nil where it gives none that can be used.
    func givenID(of line: InputLine) -> String? {
        do throws(LineFaults) { return try parse(line).customID } catch { return error.customID }
    }

    /// The id that a line gives, found without its parser, and whether any of its samples is of the shard.
    private func scannedID(of line: InputLine, _ shard: JobShard) -> (hash: IDHash, isOwn: Bool)? {
        guard case .bytes(let bytes) = line else { return nil }
        switch LineID(of: bytes.span) {
        case .plain(let range):
            let id = bytes.span.extracting(range)
            let hash = IDHash(id)
            let isOwn = sampleCount == 1 ? shard.contains(hash) : isAny(of: JSONScanner.text(id), in: shard)
            return (hash, isOwn)
        case .escaped(let id): return (IDHash(id), isAny(of: id, in: shard))
        case .unknown: return nil
        }
    }
}

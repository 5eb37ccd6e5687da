import LLMStreaming

@testable import BatchEngine

/// Parses a line with the given defaults.
func parse(_ line: String, _ defaults: InputDefaults? = nil) throws -> ParsedLine {
    try JobLineParser(defaults: defaults ?? InputDefaults()).parse(Array(line.utf8))
}

/// What is wrong with a line; nothing for a line without fault.
func faults(of line: String, _ defaults: InputDefaults? = nil) throws -> [String] {
    try faults(of: Array(line.utf8), defaults)
}

/// What is wrong with a line; nothing for a line without fault.
func faults(of line: [UInt8], _ defaults: InputDefaults? = nil) throws -> [String] {
    do throws(LineFaults) {
        _ = try JobLineParser(defaults: defaults ?? standardDefaults).parse(line)
        return []
    } catch {
        return error.reasons
    }
}

/// The defaults of a user who gives none.
let standardDefaults = try! InputDefaults()

import LLMStreaming
import Testing

@testable import BatchEngine

/// Lines that were damaged at random give faults or jobs, never a crash.
@Suite struct JobLineFuzzTests {
    @Test func mutatedLinesNeverCrashTheParser() throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let lines = SampleFile.allCases.flatMap(\.lines).filter { $0.count < 2000 }
        let parser = JobLineParser(defaults: standardDefaults)
        let catalog = ProviderCatalog()
        var jobs = 0
        for _ in 0..<15_000 {
            var line = lines.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                Self.mutate(&line, with: lines.randomElement(using: &random)!, &random)
            }
            do throws(LineFaults) {
                let parsed = try parser.parse(line)
                jobs += 1
                // What passes can be stored, read back and encoded.
                let read = try? JobRequest(stored: parsed.request)
                let provider = catalog[parsed.model.provider]!
                let body = try? RequestEncoder.encode(parsed.content, model: parsed.model.model, provider: provider)
                if read?.content != parsed.content || body == nil {
                    Issue.record("\(String(decoding: line, as: UTF8.self)) with seed \(SeededGenerator.seed)")
                }
            } catch {
                if error.isEmpty || error.reasons.isEmpty { Issue.record("no reason, seed \(SeededGenerator.seed)") }
            }
        }
        // The damage is small enough that both ways are taken.
        #expect(jobs > 100)
    }

    /// Damages a line, with parts of another.
    static func mutate(_ line: inout [UInt8], with other: [UInt8], _ random: inout SeededGenerator) {
        guard !line.isEmpty, !other.isEmpty else { return }
        let position = Int.random(in: 0..<line.count, using: &random)
        switch random.next() % 6 {
        case 0: line[position] = UInt8(truncatingIfNeeded: random.next())
        case 1: line.remove(at: position)
        case 2: line.insert(Array(#"{}[]",:\null0-.e"#.utf8).randomElement(using: &random)!, at: position)
        case 3: line.removeSubrange(position..<min(line.count, position + Int(random.next() % 20)))
        case 4:
            line.insert(contentsOf: other[Int.random(in: 0..<other.count, using: &random)...].prefix(30), at: position)
        default:
            // One member's name or text for another: stays JSON more often.
            let words = line.split(separator: UInt8(ascii: "\""))
            let replacements = other.split(separator: UInt8(ascii: "\""))
            let word = Int.random(in: 0..<words.count, using: &random)
            line.replaceSubrange(words[word].indices, with: replacements.randomElement(using: &random)!)
        }
    }
}

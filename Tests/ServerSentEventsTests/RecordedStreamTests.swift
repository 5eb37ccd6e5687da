import Foundation
import ServerSentEvents
import SharedMaterial
import Testing

/// The recorded provider streams of ../shared, which are no part of this project.
@Suite struct RecordedStreamTests {
    private static let files: [URL] = {
        guard let fixtures = SharedMaterial.fixtures else { return [] }
        let all = FileManager.default.enumerator(at: fixtures, includingPropertiesForKeys: nil)
        let files = all?.compactMap { $0 as? URL }.filter { $0.pathExtension == "sse" } ?? []
        return files.sorted { $0.path < $1.path }
    }()

    /// LLM4S_TRIALS is the number of cuts in each stream, LLM4S_SEED the seed of their places.
    @Test(.enabled(if: !files.isEmpty, Comment(rawValue: SharedMaterial.absence)))
    func recordedStreamsGiveTheSameEventsHoweverTheyAreCut() throws {
        let seed = environment("LLM4S_SEED", default: 1)
        let trials = environment("LLM4S_TRIALS", default: 1000)
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        var (eventCount, byteCount) = (0, 0)
        for file in Self.files {
            let bytes = Array(try Data(contentsOf: file))
            let whole = try Outcome(pieces: [bytes[...]])
            let cuts = (0..<trials).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            let comment: Comment = "\(file.path), seed \(seed)"
            try #require(try Outcome(pieces: bytes.indices.lazy.map { bytes[$0...$0] }) == whole, comment)
            try #require(try Outcome(pieces: bytes.cut(at: cuts)) == whole, comment)
            try #require(whole.events.map(LiteralRule.Event.init) == LiteralRule(bytes).events, comment)
            eventCount += whole.events.count + whole.unfinished.count
            byteCount += bytes.count
        }
        #expect(eventCount > Self.files.count)
        print(
            "\(Self.files.count) recorded streams, \(eventCount) events, \(byteCount) bytes: whole, byte by byte and cut",
            "at \(trials) places (seed \(seed)) they gave the same events")
    }

    /// These files were made line by line from JSON, so each line `data: X` must come out as one event X.
    @Test(.enabled(if: !files.isEmpty, Comment(rawValue: SharedMaterial.absence)))
    func eachEventOfAStreamMadeFromJSONLinesIsOneLineOfJSON() throws {
        let files = Self.files.filter { $0.lastPathComponent.hasPrefix("vercel--") }
        #expect(!files.isEmpty)
        var eventCount = 0
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            let outcome = try Outcome(pieces: [bytes[...]])
            let texts = (outcome.events + outcome.unfinished).map(\.text)
            let lines = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
            try #require(
                texts == lines.filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }, "\(file.path)")
            for text in texts where text != "[DONE]" {
                try #require(!text.utf8.contains(0x0A), "\(file.path)")
                #expect(throws: Never.self, "\(file.path): \(text)") {
                    try JSONSerialization.jsonObject(with: Data(text.utf8))
                }
            }
            eventCount += texts.count
        }
        print("\(files.count) streams made from JSON lines, \(eventCount) events of one line of JSON each")
    }
}

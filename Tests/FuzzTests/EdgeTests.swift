import Foundation
import SharedMaterial
import Testing

/// Mutated inputs at every edge: the process goes on, and nothing contradicts itself.
///
/// LLM4S_TRIALS is the number of inputs of each edge, LLM4S_SEED their seed. What traps ends the process, and with it
/// the test run: the input that did it lies in the file `llm4s-fuzz-EDGE` of the temporary folder.
@Suite struct EdgeTests {
    private static func setting(_ name: String, default number: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? number
    }

    @Test(arguments: FuzzEdge.allCases)
    func whatComesInStopsNothing(_ edge: FuzzEdge) async throws {
        let trials = Self.setting("LLM4S_TRIALS", default: edge == .rows ? 10 : 100)
        let seed = Self.setting("LLM4S_SEED", default: 1)
        let file = FileManager.default.temporaryDirectory.appending(path: "llm4s-fuzz-\(edge.rawValue)")
        defer { try? FileManager.default.removeItem(at: file) }
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        let seeds = edge.seeds.map { Array($0.utf8) }
        try #require(!seeds.isEmpty)
        for trial in 0..<(seeds.count + trials) {
            let input: [UInt8]
            if trial < seeds.count {
                input = seeds[trial]
            } else {
                var mutation = FuzzMutation(random: random)
                input = mutation.mutate(
                    seeds.randomElement(using: &random) ?? [], with: seeds.randomElement(using: &random) ?? [])
                random = mutation.random
                _ = random.next()
            }
            try Data(input).write(to: file)
            do { try await edge.take(input) } catch {
                Issue.record("trial \(trial), seed \(seed): \(error): \(String(decoding: input, as: UTF8.self))")
                return
            }
        }
    }
}

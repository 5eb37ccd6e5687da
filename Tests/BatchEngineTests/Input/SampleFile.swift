import Foundation

/// A file of `jobs/`.
enum SampleFile: String, CaseIterable {
    case quickstart, faults
    case openAIBatch = "openai-batch"
    case anthropicBatch = "anthropic-batch"

    var path: String {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appendingPathComponent("jobs/\(rawValue).jsonl").path
    }

    var bytes: [UInt8] { Array(FileManager.default.contents(atPath: path) ?? Data()) }

    /// The lines, without their ends.
    var lines: [[UInt8]] { bytes.split(separator: UInt8(ascii: "\n")).map(Array.init) }
}

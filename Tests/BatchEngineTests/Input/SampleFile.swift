import Foundation

/// A file of `jobs/`.
enum SampleFile: String, CaseIterable {
    case quickstart, faults
    case openAIBatch = "openai-batch"
    case openAIResponsesBatch = "openai-responses-batch"
    case azureBatch = "azure-batch"
    case vllmBatch = "vllm-batch"
    case mistralBatch = "mistral-batch"
    case anthropicBatch = "anthropic-batch"
    /// The same as one document: its requests are no lines.
    case anthropicDocument = "anthropic-document"

    /// The files with a job a line.
    static let lineFiles = allCases.filter { $0 != .anthropicDocument }

    var path: String {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let ending = self == .anthropicDocument ? "json" : "jsonl"
        return root.appendingPathComponent("jobs/\(rawValue).\(ending)").path
    }

    var bytes: [UInt8] { Array(FileManager.default.contents(atPath: path) ?? Data()) }

    /// The lines, without their ends.
    var lines: [[UInt8]] { bytes.split(separator: UInt8(ascii: "\n")).map(Array.init) }
}

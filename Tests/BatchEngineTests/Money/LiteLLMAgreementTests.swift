import Foundation
import LLMStreaming
import Testing

@testable import BatchEngine

/// What requests cost by LiteLLM's own functions, on its own price table.
///
/// For it, `pip install --target DIR litellm`, and LLM4S_LITELLM=DIR in the environment of the test.
struct LiteLLMAgreementTests {
    private static let folder = ProcessInfo.processInfo.environment["LLM4S_LITELLM"]
    private static let usages = 2000
    private static let models = 300

    /// Lines of litellm_costs.py.
    private static func lines(_ table: String, _ folder: String) throws -> [JSON] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "litellm_costs.py")
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script.path, table, String(usages), String(models)]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "PYTHONPATH": folder, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONDONTWRITEBYTECODE": "1",
        ]) { $1 }
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONParser.parse(Array($0)) }
    }

    /// Why a line cannot be compared; nil where it can.
    ///
    /// Nothing else is left out.
    private static func obstacle(_ line: JSON, _ table: JSON) -> String? {
        let name = line["model"]?.string ?? ""
        // A price is looked up as provider/model first, and the line is of the entry under the model alone.
        let qualified = "\(line["provider"]?.string ?? "")/\(name)"
        return table[qualified] == nil ? nil : "two entries, of the model alone and of provider/model"
    }

    @Test(
        .enabled(
            if: folder != nil, "LLM4S_LITELLM names no folder with LiteLLM: pip install --target DIR litellm"))
    func twoThousandUsagesOfThreeHundredModelsCostWhatLiteLLMSays() throws {
        let folder = try #require(Self.folder)
        let path = folder + "/litellm/model_prices_and_context_window_backup.json"
        let json = try JSONParser.parse([UInt8](Data(contentsOf: URL(filePath: path))))
        let table = try PriceTable(json)
        let lines = try Self.lines(path, folder)
        #expect(lines.count == Self.usages)
        var (equal, unpriced) = (0, 0)
        var excluded: [String: Int] = [:]
        for line in lines {
            let name = line["model"]?.string ?? ""
            let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
            let model =
                parts.count == 2
                ? ModelName(provider: parts[0], model: parts[1])
                : ModelName(provider: line["provider"]?.string ?? "", model: name)
            var result = StreamResult(outcome: .failed(LLMError(.cut, "")))
            result.usage = TokenUsage(raw: try #require(line["usage"]?.object))
            let billing = Billing(
                servedTier: line["tier"]?.string, unixMilliseconds: line["milliseconds"]?.int.map(Int64.init),
                region: line["region"]?.string.map(BillingRegion.dataResidency))
            let theirs = try #require(line["cost"]?.double)
            if let obstacle = Self.obstacle(line, json) {
                excluded[obstacle, default: 0] += 1
                continue
            }
            guard let ours = table.cost(of: result, in: model, billing) else {
                unpriced += 1
                continue
            }
            let isEqual = abs(ours - theirs) <= 1e-9 * max(abs(theirs), 1e-6)
            if isEqual { equal += 1 }
            #expect(isEqual, "\(ours), not \(theirs): \(line.text)")
        }
        print("LiteLLM: \(equal) of \(lines.count) equal, \(unpriced) without a price, excluded \(excluded)")
        #expect(unpriced == 0)
    }
}

import Foundation
import LLMStreaming
import Testing

@testable import JSONSchema

/// The tests of json-schema-org/JSON-Schema-Test-Suite, which is no part of this project.
///
/// LLM4S_JSON_SCHEMA_SUITE is the path of a copy of its repository.
struct OfficialSuiteTests {
    static let folder = ProcessInfo.processInfo.environment["LLM4S_JSON_SCHEMA_SUITE"].map { URL(filePath: $0) }
    static let drafts = [
        "draft4": "http://json-schema.org/draft-04/schema#", "draft6": "http://json-schema.org/draft-06/schema#",
        "draft7": "http://json-schema.org/draft-07/schema#",
        "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
        "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
    ]
    /// Metaschemas of the tests' own, which are other documents, turn keywords off.
    static let leftOut: Set<String> = ["vocabulary.json"]

    /// Whether a fault is one of those that the contract names.
    private static func isNamed(_ fault: SchemaFault) -> Bool {
        fault.asked.contains("is not supported") || fault.asked == "a reference to a place in the same schema document"
    }

    @Test(
        .enabled(if: folder != nil, "LLM4S_JSON_SCHEMA_SUITE names no copy of JSON-Schema-Test-Suite"),
        arguments: drafts.keys.sorted())
    func everyRequiredCaseIsAsTheSuiteSays(draft: String) throws {
        let folder = try #require(Self.folder).appending(path: "tests/\(draft)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" && !Self.leftOut.contains($0.lastPathComponent) }
        var (checked, unsupported) = (0, 0)
        for file in files {
            for group in try JSONParser.parse([UInt8](Data(contentsOf: file))).array ?? [] {
                let cases = group["tests"]?.array ?? []
                guard let schema = try compiled(group["schema"] ?? true, draft) else {
                    unsupported += cases.count
                    continue
                }
                for example in cases {
                    let value = (example["data"] ?? nil).bytes
                    let isValid = schema.end(of: value) == .valid
                    let about = [group, example].compactMap { $0["description"]?.string }
                    let name = "\(file.lastPathComponent): \(about)"
                    #expect(isValid == example["valid"]?.bool, "\(name)")
                    #expect(schema.findings(in: value).isEmpty == isValid, "\(name)")
                    checked += 1
                }
            }
        }
        print("\(draft): \(checked) cases, \(unsupported) left out for what the contract leaves out")
        #expect(checked > 500)
    }

    private func compiled(_ document: JSON, _ draft: String) throws -> JSONSchema? {
        var document = document
        if var object = document.object, object["$schema"] == nil {
            object["$schema"] = .string(Self.drafts[draft] ?? "")
            document = .object(object)
        }
        do throws(SchemaFault) {
            return try JSONSchema(document)
        } catch {
            if Self.isNamed(error) { return nil }
            throw error
        }
    }
}

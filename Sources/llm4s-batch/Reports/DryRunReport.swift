import BatchEngine
import LLMStreaming

/// What `--dry-run` tells: what a run would find, where it would send requests, and what those left would use up.
struct DryRunReport {
    /// What is there and what a run would have to do, in lines.
    var findings: [String]
    var endpoints: Endpoints
    var databasePath: String
    var estimate: EstimateReport

    var text: String {
        var lines = findings + ["database  \(databasePath)"]
        for (name, endpoint) in endpoints.table.sorted(by: { $0.key < $1.key }) {
            let place =
                name == endpoints.embeddedMock
                ? "the mock in this process" : "\(endpoint.origin)\(endpoint.basePath)"
            let key = endpoint.authorizationFields.isEmpty ? ", no key" : ", with a key"
            lines.append("\(name.padded(to: 9)) \(place)\(name == endpoints.embeddedMock ? "" : key)")
        }
        return (lines + [estimate.text, "nothing was sent (--dry-run)"]).joined(separator: "\n")
    }
}

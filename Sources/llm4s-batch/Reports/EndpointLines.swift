import BatchEngine
import LLMStreaming

/// What `status` prints of the endpoints of a run, where a provider has several or their widths are found: one line each.
struct EndpointLines {
    /// As the worker stored them.
    var endpoints: [JSON]
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?

    var lines: [String] {
        let isTold = endpoints.count > 1 || endpoints.contains { $0["reason"]?.string?.isEmpty == false && isFound($0) }
        return isTold ? endpoints.flatMap(text) : []
    }

    /// Whether its width is not just what the user allows.
    private func isFound(_ endpoint: JSON) -> Bool { endpoint["reason"]?.string != EndpointSnapshot.mostAllowed }

    private func text(of endpoint: JSON) -> [String] {
        let (running, most) = (endpoint["running"]?.int ?? 0, endpoint["width"]?.int ?? 0)
        let silent = endpoint["silent"]?.int ?? 0
        let name = TerminalText.line(endpoint["endpoint"]?.string ?? "", limit: 200)
        let streams = "\(running.grouped) of \(most.grouped) streams" + (silent > 0 ? ", \(silent.grouped) silent" : "")
        let reason = TerminalText.line(endpoint["reason"]?.string ?? "", limit: 300)
        return TerminalText.wrapped(
            "\(name): \(streams); \(reason)", first: "  \("endpoint".padded(to: 12))", indentation: 14, width: width)
    }
}

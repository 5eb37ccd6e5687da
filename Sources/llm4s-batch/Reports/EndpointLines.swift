import BatchEngine
import LLMStreaming

/// What `status` prints of the endpoints of a run: one line each.
struct EndpointLines {
    var endpoints: [EndpointSnapshot]
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?

    var lines: [String] { endpoints.flatMap(text) }

    private func text(of endpoint: EndpointSnapshot) -> [String] {
        let name = TerminalText.line(endpoint.endpoint, limit: 200)
        let silent = endpoint.silent > 0 ? ", \(endpoint.silent.grouped) silent" : ""
        let streams = "\(endpoint.running.grouped) of \(endpoint.width.grouped) streams" + silent
        let reason = TerminalText.line(endpoint.reason, limit: 300)
        return TerminalText.wrapped(
            "\(name): \(streams); \(reason)", first: "  \("endpoint".padded(to: 12))", indentation: 14, width: width)
    }
}

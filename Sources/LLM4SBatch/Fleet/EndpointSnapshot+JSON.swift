package import BatchEngine
package import LLMStreaming

extension RunSnapshot {
    /// How endpoints stand, as `status` and programs read it.
    package var endpointsJSON: JSON {
        .array(
            endpoints.map { endpoint in
                [
                    "provider": .string(endpoint.provider), "endpoint": .string(endpoint.endpoint),
                    "width": .int(endpoint.width), "running": .int(endpoint.running), "silent": .int(endpoint.silent),
                    "reason": .string(endpoint.reason),
                ]
            })
    }
}

extension EndpointSnapshot {
    /// The same, read again; none where it is something else.
    package static func all(_ json: JSON) -> [EndpointSnapshot] {
        (json.array ?? []).map { endpoint in
            func count(_ name: String) -> Int { max(0, endpoint[name]?.int ?? 0) }
            func text(_ name: String) -> String { endpoint[name]?.string ?? "" }
            return EndpointSnapshot(
                provider: text("provider"), endpoint: text("endpoint"), width: count("width"),
                running: count("running"), silent: count("silent"), reason: text("reason"))
        }
    }

    /// The same without a worker: nothing is open, and nothing is to be.
    package var idle: EndpointSnapshot {
        EndpointSnapshot(provider: provider, endpoint: endpoint, width: 0, running: 0, silent: 0, reason: reason)
    }
}

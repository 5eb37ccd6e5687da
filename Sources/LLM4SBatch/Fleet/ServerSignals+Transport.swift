package import BatchEngine
package import LLM4S
package import LLMStreaming

/// The network is where the servers of a run tell of themselves.
extension StreamingTransport: ServerSignals {
    /// A server that tells its load later than this is too busy to be asked, or has none to tell.
    private static var signalTime: Duration { .seconds(2) }

    package func load(of endpoint: Endpoint, at address: MetricsAddress) async -> ServerLoad? {
        await page(endpoint.rootPath + address.path, of: endpoint, within: Self.signalTime)
            .flatMap(ServerLoad.init(metrics:))
    }

    package func identity(of endpoint: Endpoint) async -> ServerIdentity {
        async let version = page(endpoint.rootPath + "/version", of: endpoint, within: Self.signalTime)
        let models = await page(endpoint.modelsPath, of: endpoint, within: Self.signalTime)
        return ServerIdentity(models: models, version: await version)
    }
}

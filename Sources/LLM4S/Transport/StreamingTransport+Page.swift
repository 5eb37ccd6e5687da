package import LLMStreaming
import NIOCore

extension StreamingTransport {
    /// A page that a server has beside its answers, over the connections, proxies and TLS of requests to it, and with
    /// its key.
    ///
    /// Cancelling the task ends the request at once.
    ///
    /// - Parameters:
    ///   - path: the page's path on the server.
    ///   - endpoint: whose server it is.
    ///   - time: how long it may take until all of the page is there, the wait for a connection included.
    /// - Returns: its bytes; nil where there is no such page: any status but 200, no connection, more than four
    ///   megabytes, or not whole in time.
    package func page(_ path: String, of endpoint: Endpoint, within time: Duration) async -> [UInt8]? {
        let deadline = NIODeadline.now() + TimeAmount(time)
        let receiver = ChunkCallback { _ in }
        // Each repetition uses up one idle connection, so it ends.
        while true {
            let attempt = attempt(ProviderRequest(.page(path: path)), to: endpoint, receiver: receiver)
            // The clocks of a stream do not run while it waits for its turn.
            let alarm = group.any().scheduleTask(deadline: deadline) { attempt.cancel() }
            let result = await attempt.end().result
            alarm.cancel()
            if case .completed(let page) = result.outcome { return Array(page.content.utf8) }
            if !result.isStaleConnection { return nil }
        }
    }
}

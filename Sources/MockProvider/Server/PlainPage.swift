import NIOCore
import NIOHTTP1

/// The pages other than answers: health, metrics, the list of models, and errors for other paths.
///
/// They are neither counted nor recorded.
enum PlainPage {
    /// The page of a path, for any method.
    ///
    /// - Parameters:
    ///   - hasMetrics: Whether the server has metrics, which are a page of their own.
    ///   - models: The names of the models that it lists.
    static func response(
        method: HTTPMethod, path: Substring, hasMetrics: Bool, models: [String]
    ) -> (status: HTTPResponseStatus, body: JSON) {
        switch (method, Route(path: path)) {
        case (_, .metrics) where !hasMetrics: (.notFound, error(404, "There is no \(path) here."))
        case (.GET, .health): (.ok, ["status": "ok"])
        case (.GET, .models): (.ok, ["object": "list", "data": .array(models.map(model))])
        case (_, .unknown): (.notFound, error(404, "There is no \(path) here."))
        default: (.methodNotAllowed, error(405, "Method \(method.rawValue) is not allowed for \(path)."))
        }
    }

    /// Writes a page; the connection is then ready for the next request, or closed.
    static func write(
        _ page: (status: HTTPResponseStatus, body: JSON), keepsAlive: Bool, context: ChannelHandlerContext
    ) {
        write(page.body.text, type: "application/json", status: page.status, keepsAlive: keepsAlive, context: context)
    }

    /// Writes a page of any type.
    static func write(
        _ text: String, type: String, status: HTTPResponseStatus = .ok, keepsAlive: Bool, context: ChannelHandlerContext
    ) {
        let bytes = ByteBuffer(string: text)
        let headers = HTTPHeaders([
            ("content-type", type), ("content-length", String(bytes.readableBytes)),
            ("connection", keepsAlive ? "keep-alive" : "close"),
        ])
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
        context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(bytes))), promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        if !keepsAlive {
            written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
        context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: written)
    }

    private static func model(_ name: String) -> JSON {
        ["id": .string(name), "object": "model", "created": 0, "owned_by": "mock"]
    }

    private static func error(_ status: Int, _ message: String) -> JSON {
        Dialect.chat.body(of: ProviderFailure(status: status, message: message), requestID: "")
    }
}

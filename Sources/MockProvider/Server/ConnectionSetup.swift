import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL

/// Gives each connection its handlers.
struct ConnectionSetup: Sendable {
    let configuration: MockConfiguration
    let tls: NIOSSLContext?
    let responder: Responder
    let ledger: TrafficLedger
    let controls: Controls

    /// Adds the handlers to a new connection, on its event loop.
    func addHandlers(to channel: any Channel) throws {
        let connection = ConnectionHandler(ledger: ledger, controls: controls)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(connection)
        try configuration.configureChannel?(channel)
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        guard let limits = configuration.http2 else { return try addHTTP1(to: channel, connection) }
        let choice = ProtocolChoice { channel, choice in
            switch choice {
            case .http1: try addHTTP1(to: channel, connection)
            case .http2: try addHTTP2(limits, to: channel, connection)
            }
        }
        try pipeline.addHandler(choice)
    }

    private func addHTTP1(to channel: any Channel, _ connection: ConnectionHandler) throws {
        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
        try channel.pipeline.syncOperations.addHandler(handler(of: connection, .connection))
    }

    private func addHTTP2(_ limits: HTTP2Limits, to channel: any Channel, _ connection: ConnectionHandler) throws {
        // Many streams share the socket's buffer, and all of them are told where it fills.
        try channel.syncOptions?.setOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 131_072))
        let connection = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        let frames = NIOHTTP2Handler(
            mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: limits.connection,
            streamConfiguration: limits.stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                try pipeline.addHandler(handler(of: connection.value, .stream))
            }
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(FlushGathering())
        try pipeline.addHandler(frames)
        // After an error of the whole connection there is nothing but its end.
        try pipeline.addHandler(NIOCloseOnErrorHandler())
    }

    private func handler(of connection: ConnectionHandler, _ transport: Transport) -> RequestHandler {
        RequestHandler(
            responder: responder, ledger: ledger, controls: controls, connection: connection, transport: transport)
    }
}

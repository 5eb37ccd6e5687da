import NIOHTTP1

/// A response as it was decided, before its first byte is sent.
struct Response: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ResponseBody
    /// The byte of the body before which it ends otherwise than by itself.
    var limit: (bytes: Int, ending: BodyEnding)?
    /// What is sent while the body waits, is silent or left open; nil sends nothing.
    var heartbeat: Heartbeat?
    var closesConnection = false
    /// What the response is counted by.
    var account = ResponseAccount()
}

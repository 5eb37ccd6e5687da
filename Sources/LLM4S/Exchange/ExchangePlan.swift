import LLMStreaming
import NIOCore
import NIOHTTP1

/// Everything that an exchange needs to know before it begins.
struct ExchangePlan: Sendable {
    /// Tells the exchanges of a transport apart.
    let id: UInt64
    let provider: Provider
    let choices: Int
    /// The request's dialect; nil for the provider's own.
    let dialect: Dialect?
    /// Where the stream stands before its first byte, if its server keeps it.
    let cursor: ReplayCursor?
    let origin: Origin
    /// The path on the origin; what the head names where no proxy reads it.
    let path: String
    let head: HTTPRequestHead
    let body: [UInt8]
    let receiver: any ChunkReceiver
    /// Strikes secrets out of what the answer says besides its texts.
    let redactor: Redactor
    let timeouts: StreamTimeouts
    let limits: StreamingResponseHandler.Limits
    /// What all answers may hold in memory.
    var memory = MemoryBudget()
    /// When the attempt began; its redirects belong to it.
    let start: NIODeadline
    /// The wall clock, for Retry-After dates.
    let unixSeconds: @Sendable () -> Double
    /// Called on the event loop once an answer began: the request will not be sent again.
    let answerBegan: @Sendable () -> Void
}

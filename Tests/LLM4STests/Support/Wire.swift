/// The texts that servers write.
enum Wire {
    /// The head of an answer; more fields end with CR LF each.
    static func head(_ status: String = "200 OK", type: String? = "text/event-stream", _ fields: String = "") -> String
    {
        "HTTP/1.1 \(status)\r\n" + (type.map { "content-type: \($0)\r\n" } ?? "") + fields + "\r\n"
    }

    static let chunkedHead = head("200 OK", "transfer-encoding: chunked\r\nx-request-id: req-7\r\n")

    /// One chunk of a chunked body.
    static func chunk(_ text: String) -> String {
        text.isEmpty ? "" : String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
    }

    static let lastChunk = "0\r\n\r\n"

    /// A whole answer with a chunked body.
    static func chunked(_ body: String) -> String { chunkedHead + chunk(body) + lastChunk }

    /// A whole answer with a counted body.
    static func counted(
        _ body: String, status: String = "200 OK", type: String? = "text/event-stream", _ fields: String = ""
    ) -> String {
        head(status, type: type, "content-length: \(body.utf8.count)\r\n" + fields) + body
    }

    static func head(_ status: String, _ fields: String) -> String { head(status, type: "text/event-stream", fields) }
}

/// Events of a chat completion.
enum Chat {
    static func delta(_ text: String) -> String {
        #"data: {"id":"chat-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":{"content":""#
            + text + "\"},\"finish_reason\":null}]}\n\n"
    }

    static func finish(_ reason: String = "stop") -> String {
        #"data: {"id":"chat-1","model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":""# + reason + "\"}]}\n\n"
    }

    static let usage =
        #"data: {"id":"chat-1","model":"m-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#
        + "\n\n"
    static let done = "data: [DONE]\n\n"
    static let error = "data: {\"error\":{\"message\":\"the engine died\",\"type\":\"server_error\"}}\n\n"

    /// A whole stream: the text "Hello, wörld", usage, end.
    static let whole = delta("Hello,") + ": ping\n\n" + delta(" w\u{F6}rld") + finish() + usage + done
    static let text = "Hello, w\u{F6}rld"
}

/// Events of an Anthropic message.
enum Messages {
    static func event(_ type: String, _ json: String) -> String { "event: \(type)\ndata: \(json)\n\n" }

    /// A whole stream: the text "Hello, wörld", usage, end.
    static let whole =
        event(
            "message_start",
            #"{"type":"message_start","message":{"id":"msg-1","model":"m-1","usage":{"input_tokens":3,"output_tokens":1}}}"#
        )
        + event(
            "content_block_start",
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#)
        + event(
            "content_block_delta",
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello,"}}"#)
        + event("ping", #"{"type":"ping"}"#)
        + event(
            "content_block_delta",
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" wörld"}}"#)
        + event("content_block_stop", #"{"type":"content_block_stop","index":0}"#)
        + event(
            "message_delta",
            #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#)
        + event("message_stop", #"{"type":"message_stop"}"#)
}

/// The options that a model name, a query or the `x-mock` header may contain: the one place that defines them.
package enum BehaviorOption: String, CaseIterable, Sendable {
    case slow, flaky, storm, stormall, pace, ttft, chunk, words, count, bulk, packet, stamp, comments, pings, heartbeat
    case reasoning, refusal, filter, tool, schema, nousage, like, prefill, seam
    case noeventnames, nosequence, noindex, done, completedname, errorform, extras
    case queued, noreplay, replayanew, replaycut, replays
    case times, status, location, retryafter, retryafterdate, retryafterms, shouldretry, code, message
    case silent, drop, dropreset, cut, reset, cutchunk, cutusage, end, inband, inbandlate, errordone, malformed, huge
    case html, contenttype, wholejson, nodone, open, close, wrong, refuseschema

    /// One line of help: the option with its value's form, and what it does.
    package var help: (form: String, meaning: String) {
        switch self {
        case .slow: ("slow", "pace=50ms")
        case .flaky:
            ("flaky[=PERCENT]", "a seeded mix of faults in 20 % of requests; at most 3 in a row for one request")
        case .storm:
            (
                "storm[=PERCENT]",
                "a seeded mix of every fault here but 401 and 404, in 20 % of requests; at most 3 in a row for one request"
            )
        case .stormall: ("stormall[=PERCENT]", "storm with 401 and 404")
        case .pace: ("pace=DURATION", "time between chunks, such as 20ms or 1.5s")
        case .ttft: ("ttft=DURATION", "time before the first chunk")
        case .chunk: ("chunk=N", "words in a chunk (default 1); of JSON, times 4 characters")
        case .words:
            ("words=N", "words in the text (default 20 to 120, by hash); of JSON, in each string without a limit")
        case .count: ("count-N", "counts from 1 to N")
        case .bulk: ("bulk=EVENTS", "for load: this many equal events, rendered once (chat and Messages)")
        case .packet: ("packet=N", "with bulk: events in a packet (default 1); the pace is between packets")
        case .stamp: ("stamp", "with bulk: the text is the sender's clock, Unix microseconds in 16 digits")
        case .comments: ("comments", "SSE comment lines before and between chunks and in silences")
        case .pings: ("pings", "ping events in silences (Messages; comment lines elsewhere)")
        case .heartbeat:
            ("heartbeat=DURATION", "time between comments or pings in a silence (default: the pace or 100ms)")
        case .reasoning: ("reasoning", "reasoning before the text")
        case .refusal: ("refusal", "a refusal")
        case .filter: ("filter", "the text ends half-way, by the content filter")
        case .tool: ("tool", "a call of the first tool")
        case .schema: ("schema", "JSON that fits the request's schema; without one {\"answer\": TEXT}")
        case .nousage: ("nousage", "no usage")
        case .like:
            (
                "like=openai|llamacpp|vllm|deepseek|mistral|anthropic",
                "whose rule for a trailing assistant message holds (default: each one's way of asking is granted)"
            )
        case .prefill:
            (
                "prefill=continue|restart|echo|refuse|drop-space|double-space",
                "what a trailing assistant message does, once the rule of like=... grants it"
            )
        case .seam:
            (
                "seam=WORDS|bare|whole|anew",
                "what is repeated where a user message asks to go on from a partial answer: its last WORDS words "
                    + "(default 0), nothing and no space either, the whole text, or another text begins"
            )
        case .noeventnames: ("noeventnames", "Responses without event: lines")
        case .nosequence: ("nosequence", "Responses without sequence numbers")
        case .noindex: ("noindex", "Responses without output_index, content_index and summary_index")
        case .done: ("done", "[DONE] after the end of Responses")
        case .completedname: ("completedname", "Responses end with response.completed, whatever their status")
        case .errorform:
            (
                "errorform=nested|flat|failed|both|field|named|chunk|empty|raw",
                "the form of an error in the stream (default nested; flat, failed and both are of Responses, "
                    + "field, named, chunk, empty and raw of chat)"
            )
        case .extras: ("extras=openrouter|azure", "that provider's own members of chat chunks")
        case .queued: ("queued", "a background response stays queued for ever")
        case .noreplay: ("noreplay", "a background response can be had whole, its stream not a second time")
        case .replayanew: ("replayanew", "a replay sends the whole stream, whatever place is asked for")
        case .replaycut: ("replaycut=BYTES", "each replay of a stored stream is cut after this many bytes")
        case .replays: ("replays=N", "a stored stream is gone after N replays (default never)")
        case .times:
            (
                "times=N",
                "only the first N attempts of a request have the fault; a request to correct the answer is one more"
            )
        case .status: ("status=N", "an error or redirect status, 300 to 599")
        case .location: ("location=URL", "where a redirect leads")
        case .retryafter: ("retryafter=VALUE", "the retry-after header, verbatim")
        case .retryafterdate: ("retryafterdate=DURATION", "the retry-after header as an HTTP date, this far from now")
        case .retryafterms: ("retryafterms=VALUE", "the retry-after-ms header, verbatim")
        case .shouldretry: ("shouldretry=true|false", "the x-should-retry header")
        case .code: ("code=CODE", "the error's code or type")
        case .message: ("message=TEXT", "the error's message")
        case .silent: ("silent=headers|first|middle|CHUNKS", "silent for ever from there on")
        case .drop: ("drop", "the connection is closed without an answer")
        case .dropreset: ("dropreset", "the connection is reset without an answer")
        case .cut: ("cut=BYTES", "the connection is closed after this many bytes of the body")
        case .reset: ("reset=BYTES", "the connection is reset after this many bytes of the body")
        case .cutchunk: ("cutchunk=CHUNKS|middle", "the connection is closed inside that chunk's event")
        case .cutusage: ("cutusage", "the connection is closed after the content, before the usage")
        case .end: ("end=CHUNKS|middle", "a clean end of the body before that chunk")
        case .inband: ("inband=CHUNKS|middle", "an error in the stream before that chunk")
        case .inbandlate: ("inbandlate", "an error in the stream after the finish reason")
        case .errordone: ("errordone", "[DONE] after an error in the stream")
        case .malformed: ("malformed=CHUNKS|middle", "broken JSON in place of that chunk")
        case .huge: ("huge=BYTES", "one event of this many bytes first")
        case .html: ("html", "an HTML page in place of the answer")
        case .contenttype: ("contenttype=TYPE", "another content type")
        case .wholejson: ("wholejson", "one JSON completion although a stream was asked for")
        case .nodone: ("nodone", "no [DONE] or message_stop")
        case .open: ("open", "the body stays open after the answer")
        case .close: ("close", "the connection is closed after the answer")
        case .wrong:
            (
                "wrong=" + WrongAnswer.allCases.map(\.rawValue).joined(separator: "|"),
                "JSON as with schema, but spoilt: text around it, spaces only, a member missing or too many, a wrong type or "
                    + "value, two values, broken or unfinished JSON, a refusal, a loop in a string, NaN, a member twice, a tool "
                    + "call with wrong arguments; any is one of them, by hash"
            )
        case .refuseschema: ("refuseschema", "a request with a schema is refused with 400")
        }
    }
}

import NIOHTTP2

/// What the errors of HTTP/2 mean, for a reader: the only place that knows their codes (RFC 9113, section 7).
enum HTTP2Words {
    private static let words: [Int: (name: String, meaning: String)] = [
        0x0: ("NO_ERROR", "without an error"),
        0x1: ("PROTOCOL_ERROR", "it says that we broke the protocol"),
        0x2: ("INTERNAL_ERROR", "for an error of its own"),
        0x3: ("FLOW_CONTROL_ERROR", "it says that we sent more than it takes"),
        0x4: ("SETTINGS_TIMEOUT", "it waited too long for our settings"),
        0x5: ("STREAM_CLOSED", "it had closed the stream already"),
        0x6: ("FRAME_SIZE_ERROR", "it says that a frame of ours has the wrong size"),
        0x7: ("REFUSED_STREAM", "it did not look at the request"),
        0x8: ("CANCEL", "it does not go on with the stream"),
        0x9: ("COMPRESSION_ERROR", "it cannot read our header fields any more"),
        0xA: ("CONNECT_ERROR", "its own connection broke"),
        0xB: ("ENHANCE_YOUR_CALM", "it says that we ask for too much"),
        0xC: ("INADEQUATE_SECURITY", "the connection is not secure enough for it"),
        0xD: ("HTTP_1_1_REQUIRED", "it wants HTTP/1.1"),
    ]

    private static func text(_ code: HTTP2ErrorCode) -> String {
        guard let known = words[code.networkCode] else { return "with the unknown code \(code.networkCode)" }
        return "\(known.meaning) (\(known.name))"
    }

    /// The loss of a stream that the server reset.
    static func loss(ofStream code: HTTP2ErrorCode) -> ConnectionLoss {
        if code == .http11Required { return .wantsHTTP1 }
        let text = "the server reset the stream: \(text(code))"
        return code == .refusedStream || code == .enhanceYourCalm ? .busy(text) : .broken(text)
    }

    /// The loss of a connection that the server ended.
    static func loss(ofConnection code: HTTP2ErrorCode) -> ConnectionLoss {
        if code == .http11Required { return .wantsHTTP1 }
        let text = "the server ended the connection: \(text(code))"
        return code == .enhanceYourCalm ? .busy(text) : .broken(text)
    }

    /// What NIO found wrong with what a server sent.
    static func reason(of error: any Error) -> String {
        switch error {
        case is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock: "its header fields are too long"
        case is NIOHTTP2Errors.ExcessiveContinuationFrames: "its header fields come in too many pieces"
        case is NIOHTTP2Errors.ExcessiveEmptyDataFrames: "it sends frames without data again and again"
        case is NIOHTTP2Errors.ExcessiveControlFrames: "it sends too many frames that carry no answer"
        case is NIOHTTP2Errors.ExcessiveRSTFrames, is NIOHTTP2Errors.ExcessiveStreamErrors,
            is NIOHTTP2Errors.ExcessiveNumberOfGlitches:
            "it resets or breaks too many streams"
        case is NIOHTTP2Errors.ExcessiveOutboundFrameBuffering: "the server reads nothing of what it asks for"
        case is NIOHTTP2Errors.FlowControlViolation: "it sends more than it may"
        case is NIOHTTP2Errors.ContentLengthViolated, is NIOHTTP2Errors.ContentLengthHeadersMismatch,
            is NIOHTTP2Errors.ContentLengthHeaderNegative, is NIOHTTP2Errors.ContentLengthHeaderMalformedValue:
            "its length is not what it says"
        case is NIOHTTP2Errors.PushInViolationOfSetting: "it pushes what nobody asked for"
        case is NIOHTTP2Errors.UnableToParseFrame: "a frame of it makes no sense"
        default: rules
        }
    }

    /// What is said where there is no better word.
    static let rules = "it breaks the rules of HTTP/2"

    /// Whether what NIO found wrong is of one stream, which it resets, whatever the connection did before.
    static func isOfStream(_ error: any Error) -> Bool {
        switch error {
        case is NIOHTTP2Errors.ContentLengthViolated, is NIOHTTP2Errors.ContentLengthHeadersMismatch,
            is NIOHTTP2Errors.ContentLengthHeaderNegative, is NIOHTTP2Errors.ContentLengthHeaderMalformedValue,
            is NIOHTTP2Errors.MissingPseudoHeader, is NIOHTTP2Errors.DuplicatePseudoHeader,
            is NIOHTTP2Errors.PseudoHeaderAfterRegularHeader, is NIOHTTP2Errors.UnknownPseudoHeader,
            is NIOHTTP2Errors.InvalidPseudoHeaders, is NIOHTTP2Errors.InvalidHTTP2HeaderFieldName,
            is NIOHTTP2Errors.InvalidHTTP2HeaderFieldValue, is NIOHTTP2Errors.ForbiddenHeaderField,
            is NIOHTTP2Errors.InvalidStatusValue, is NIOHTTP2Errors.TrailersWithoutEndStream:
            true
        default: false
        }
    }
}

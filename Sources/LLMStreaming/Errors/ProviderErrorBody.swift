import ServerSentEvents

/// What the body of a failure says, in any of the shapes that servers use (Provider facts, "Error bodies").
package struct ProviderErrorBody: Sendable, Equatable {
    /// How much of a message is kept, in bytes (Contract, "Limits").
    package static let maximumBytes = 2048

    /// The words for a reader; never empty.
    package private(set) var message: String
    /// The error's type, such as `overloaded_error`.
    package private(set) var type: String?
    /// The error's code as text, such as `insufficient_quota` or `429`.
    package private(set) var code: String?
    /// The HTTP status that the body names: of an error inside a stream whose head said 200.
    package private(set) var status: Int?
    /// All codes and types, the most telling first, also those of a wrapped error.
    package private(set) var words: [String] = []
    /// The wait in seconds that the body asks for (OpenRouter, Google).
    package private(set) var retryAfterSeconds: Double?
    /// Whether the body says that a retry may help (OpenRouter).
    package private(set) var isRetryable: Bool?
    /// Whether the body has the findings of a moderation (OpenRouter).
    package private(set) var isModeration = false
    /// What its number means, where the place of the number tells whose it is (MiniMax).
    package private(set) var numberedKind: ErrorKind?
    /// The provider's name of the request (Anthropic, Alibaba).
    package private(set) var requestID: String?

    /// Reads a body: an error as object, string or top level, `detail` as string or array, else the text itself.
    ///
    /// - Parameter isCut: whether the body goes on behind these bytes.
    package init(_ body: [UInt8], isCut: Bool = false) {
        let isMarked = body.starts(with: [0xEF, 0xBB, 0xBF])
        let json = try? JSONParser.parse(answer: isMarked ? Array(body.dropFirst(3)) : body)
        let text = { String(decoding: body, as: UTF8.self) + (isCut ? String.cutMark : "") }
        self.init(json: json ?? ErrorEvents.json(in: body) ?? .string(text()))
    }

    /// Reads an error that came as JSON: a whole body, an event, the error object itself, or its text alone.
    package init(json: JSON) {
        // Google's servers put the body into an array of one.
        guard let whole = (json.array?.first ?? json).object else {
            message = Self.shown(json.string ?? Self.text(json) ?? json.text)
            return
        }
        let error: JSONObject
        switch whole["error"] {
        case .object(let inner):
            error = inner
            message = Self.detailed(Self.text(.object(inner)) ?? JSON.object(inner).text, inner)
        case .string(let text):
            // OAuth's form has the code there, and the words in another member.
            error = whole
            message = whole["error_description"]?.string.map { "\(text): \($0)" } ?? text
        default:
            error = whole
            message = Self.text(whole["error"]) ?? Self.text(.object(whole)) ?? JSON.object(whole).text
        }
        message = Self.shown(message)
        // A flat error of Responses or Messages calls itself `error`, which says nothing.
        let metadata = error["metadata"]
        let types = [
            error["type"], error["__type"], metadata?["error_type"], error["status"], error["innererror"]?["code"],
        ]
        .compactMap { $0?.string }.filter { !$0.isEmpty && $0 != "error" }
        let statuses = [
            error["code"], error["status_code"], error["raw_status_code"], error["statusCode"], error["error_code"],
            error["errcode"], error["http_code"], error["base_resp"]?["status_code"], error["header"]?["code"],
        ].compactMap(Self.scalar)
        type = types.first
        code = [error["code"], error["details"]?["error_code"]].lazy.compactMap(Self.scalar).first ?? statuses.first
        words = [code].compactMap { $0 } + types
        status = (statuses + [error["status"]].compactMap(Self.scalar)).lazy
            .compactMap { Int($0) }.first { (400...599).contains($0) }
        let delays = (error["details"]?.array ?? []).lazy.compactMap { $0["retryDelay"]?.string }
        retryAfterSeconds =
            Self.seconds(error["availability"]?["retry_after"])
            ?? delays.first.flatMap { HeaderDuration.seconds($0) } ?? Self.wait(error) ?? Self.wait(whole)
        numberedKind = (error["base_resp"] ?? whole["base_resp"])?["status_code"]?.int.flatMap { Self.numbers[$0] }
        isRetryable = error["availability"]?["retryable"]?.bool
        isModeration = metadata?["flagged_input"] != nil || metadata?["reasons"]?.array?.isEmpty == false
        requestID = whole["request_id"]?.string ?? error["request_id"]?.string
    }

    /// MiniMax's numbers, as its page of error codes and its responses have them.
    private static let numbers: [Int: ErrorKind] = [
        1000: .server, 1001: .server, 1002: .rateLimit, 1004: .auth, 1008: .quota, 1024: .server,
        1026: .contentPolicy, 1027: .contentPolicy, 1033: .server, 1039: .rateLimit, 2013: .invalidRequest,
        2049: .auth,
    ]

    /// The text of a message, or of the messages of a list of faults; nil where there is none.
    private static func text(_ value: JSON?) -> String? {
        switch value {
        case .string(let text): return text.allSatisfy(\.isWhitespace) ? nil : text
        case .array(let faults):
            let texts = faults.compactMap { text($0) }
            return texts.isEmpty ? nil : texts.joined(separator: "; ")
        case .object(let object):
            for key in [
                "message", "msg", "detail", "Message", "errors", "error", "title", "error_msg", "error_message",
                "errorMessage", "errmsg", "err_msg", "status_msg", "base_resp", "fault", "faultstring", "header",
            ] {
                guard let words = text(object[key]) else { continue }
                // A list of faults says of each which member of the request it is in.
                let place = (object["loc"]?.array ?? []).compactMap { $0.string ?? scalar($0) }
                return place.isEmpty ? words : "\(place.joined(separator: ".")): \(words)"
            }
            return nil
        default: return nil
        }
    }

    /// A router's message says only "Provider returned error"; what the provider said is in its metadata.
    private static func detailed(_ message: String, _ error: JSONObject) -> String {
        guard let raw = error["metadata"]?["raw"], !raw.isNull else { return message }
        let upstream = raw.string.map { (try? JSONParser.parse(Array($0.utf8))) ?? .string($0) } ?? raw
        let detail = text(upstream) ?? upstream.string ?? upstream.text
        return detail.isEmpty || detail == message ? message : "\(message): \(detail)"
    }

    /// The wait that a member of other servers asks for (Cloudflare and gateways; a server that still loads its model).
    private static func wait(_ error: JSONObject) -> Double? {
        for key in ["retry_after", "retryAfter", "retry_after_seconds", "estimated_time"] {
            if let seconds = seconds(error[key]) { return seconds }
        }
        return seconds(error["retry_after_ms"]).map { $0 / 1000 }
    }

    private static func seconds(_ value: JSON?) -> Double? {
        switch value {
        case .number(let text), .string(let text): HeaderDuration.seconds(text)
        default: nil
        }
    }

    private static func scalar(_ value: JSON?) -> String? {
        switch value {
        case .string(let text): text.isEmpty ? nil : text
        case .number(let text): text
        default: nil
        }
    }

    /// The words less the white space around them, cut to the bound between two scalars.
    private static func shown(_ text: String) -> String {
        let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
        let whole = text.unicodeScalars.drop(while: isSpace)
        guard let last = whole.lastIndex(where: { !isSpace($0) }) else { return "no message" }
        return String(whole[...last]).prefix(ofBytes: maximumBytes)
    }
}

/// Errors that have no member `error`: gateways put code and message side by side at the top of an object.
enum FlatError {
    /// Whether an object that has nothing of an answer is such an error.
    static func isOne(_ object: JSONObject) -> Bool {
        if object["object"] == "error" || object["type"] == "error" { return true }
        if let detail = object["detail"], !detail.isNull { return true }
        // Cloudflare and many gateways; Baidu; MiniMax; iFlytek; Apigee
        if object["success"] == false || object["ok"] == false { return true }
        if codeNames.contains(where: { isFault(object[$0]) }) { return true }
        if wordNames.contains(where: { saysSomething(object[$0]) }) { return true }
        if isFault(object["base_resp"]?["status_code"]) || isFault(object["header"]?["code"]) { return true }
        if object["fault"]?.object?.isEmpty == false || object["errors"]?.array?.isEmpty == false { return true }
        if let status = object["status"]?.string, ["error", "failed", "failure"].contains(status.lowercased()) {
            return true
        }
        // AWS
        if object["__type"]?.string?.isEmpty == false { return true }
        // An event of a type of its own may have a code too.
        if object["type"]?.string?.isEmpty == false { return false }
        // SiliconFlow, DashScope and RFC 9457: a number or word beside the words.
        let hasWords = ["message", "msg", "title", "Message"].contains { saysSomething(object[$0]) }
        return hasWords
            && ["code", "status", "statusCode", "status_code"].contains { isFault(object[$0]) }
    }

    /// Whether an object says that it failed although something of an answer stands beside that (MiniMax).
    static func hasFailedBeside(_ object: JSONObject) -> Bool { isFault(object["base_resp"]?["status_code"]) }

    private static let codeNames = ["error_code", "errorCode", "errcode", "err_code", "errno"]
    private static let wordNames = ["error_msg", "error_message", "errorMessage", "errmsg", "err_msg"]

    /// Whether a code is there and not one of success.
    private static func isFault(_ code: JSON?) -> Bool {
        switch code {
        case .number(let text): !["0", "200", "0.0"].contains(text)
        case .string(let text):
            !["", "0", "200", "ok", "success", "succeeded", "null", "none"].contains(text.lowercased())
        default: false
        }
    }

    private static func saysSomething(_ text: JSON?) -> Bool {
        guard let text = text?.string else { return false }
        return !["", "ok", "success", "null", "none"].contains(text.lowercased())
    }
}

/// Errors that come as an event stream under a status of failure.
enum ErrorEvents {
    /// What the body of a refusal says: the data of its event of type `error`, else of the first one that is an error,
    /// else of the first; nil where it holds no event.
    static func json(in body: [UInt8]) -> JSON? {
        var parser = SSEParser(errorFieldIsEvent: true)
        parser.append(body.span)
        var first: JSON?
        while let event = try? parser.unfinishedEvent() {
            if event.isDone { continue }
            let json = (try? JSONParser.parse(answer: Array(event.data))) ?? .string(event.text)
            if event.type == "error" { return json }
            if let object = json.object, ErrorClassifier.inBand(object, isBare: true) != nil { return json }
            first = first ?? json
        }
        return first
    }
}

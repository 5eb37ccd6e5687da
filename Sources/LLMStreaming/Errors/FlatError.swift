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

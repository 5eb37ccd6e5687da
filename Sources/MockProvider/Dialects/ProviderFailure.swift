/// A refusal by the provider: a status with the type, code and message that each dialect has for it.
///
/// Provider facts, "Error bodies".
struct ProviderFailure: Error {
    let status: Int
    let message: String
    /// Replaces the code (chat) or type (Messages) that belongs to the status.
    var code: String?
    /// The request's member that is refused, as OpenAI names it.
    var parameter: String?

    /// The failure of a fault.
    init(status: Int, fault: MockFault) {
        self.status = status
        message = fault.errorMessage ?? Self.message(of: status)
        code = fault.errorCode
    }

    init(status: Int, message: String, code: String? = nil) {
        self.status = status
        self.message = message
        self.code = code
    }

    /// `error.type` of OpenAI.
    var chatType: String {
        if code == "insufficient_quota" { return "insufficient_quota" }
        return switch status {
        case 402: "insufficient_quota"
        case 429: "requests"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    /// `error.code` of OpenAI.
    var chatCode: String? {
        if let code { return code }
        return switch status {
        case 401: "invalid_api_key"
        case 402: "insufficient_quota"
        case 403: "permission_denied"
        case 404: "model_not_found"
        case 429: "rate_limit_exceeded"
        default: nil
        }
    }

    /// `error.type` of Anthropic.
    var messagesType: String {
        if let code { return code }
        return switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 408, 504: "timeout_error"
        case 409: "conflict_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    private static func message(of status: Int) -> String {
        switch status {
        case 300..<400: "The resource has moved."
        case 400: "The request could not be understood."
        case 401: "Incorrect API key provided."
        case 402: "The account is out of credit."
        case 403: "This key may not use this model."
        case 404: "The model does not exist or you do not have access to it."
        case 408: "The request timed out."
        case 409: "The request conflicts with another one."
        case 413: "The request is too large."
        case 429: "Rate limit reached for requests."
        case 503, 529: "The server is overloaded, try again later."
        case 500...: "The server had an error while processing your request."
        default: "The request was refused."
        }
    }
}

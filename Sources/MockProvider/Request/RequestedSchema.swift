/// The JSON Schema that an answer is asked to fit, from its place in a dialect.
///
/// Provider facts, "Requests".
struct RequestedSchema {
    let schema: JSON
    /// The schema's name; Messages have none.
    let name: String?

    /// The schema of a request; nil where it carries none.
    init?(of body: AnswerRequest, dialect: Dialect) {
        let format: JSON? =
            switch dialect {
            // The second one is llama.cpp's place.
            case .chat: body.response_format?["json_schema"] ?? body.response_format
            case .responses: body.text?["format"]
            case .messages: body.output_config?["format"] ?? body.output_format
            }
        guard let format, let schema = format["schema"] else { return nil }
        self.schema = schema
        name = format["name"]?.string
    }

    /// The refusal of the schema in a dialect's words.
    func refusal(fault: MockFault, dialect: Dialect) -> ProviderFailure {
        let invalid =
            "Invalid schema for response_format '\(name ?? "response")': "
            + "In context=(), 'additionalProperties' is required to be supplied and to be false."
        var failure: ProviderFailure
        switch dialect {
        case .chat:
            failure = ProviderFailure(status: 400, message: fault.errorMessage ?? invalid, code: fault.errorCode)
            failure.parameter = "response_format"
        case .responses:
            failure = ProviderFailure(
                status: 400, message: fault.errorMessage ?? invalid, code: fault.errorCode ?? "invalid_json_schema")
            failure.parameter = "text.format.schema"
        case .messages:
            let invalid =
                "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
            failure = ProviderFailure(status: 400, message: fault.errorMessage ?? invalid, code: fault.errorCode)
        }
        return failure
    }
}

/// A key or token and the header field that it is sent in; no description of it shows the secret.
struct Credential: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key itself.
    let secret: String
    /// The field's name and value.
    let field: (name: String, value: String)

    /// A key in a form; nil for the form that sends none.
    init?(_ secret: String, _ form: Provider.Authorization) {
        switch form {
        case .bearer: field = ("authorization", "Bearer \(secret)")
        case .xAPIKey: field = ("x-api-key", secret)
        case .apiKey: field = ("api-key", secret)
        case .none: return nil
        }
        self.secret = secret
    }

    var description: String { "\(field.name): ***" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: ["field": description]) }
}

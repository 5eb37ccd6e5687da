/// What is special about requests of a provider that go on from partial text (WIRE.md 6).
public struct PrefixQuirks: Sendable, Hashable {
    /// What stands before the dialect's path; empty where it is the path of all requests.
    public var path: String
    /// Members that the body needs, where the request does not have them.
    public var members: JSONObject

    /// Quirks; nothing special where left out.
    public init(path: String = "", members: JSONObject = JSONObject()) {
        self.path = path
        self.members = members
    }
}

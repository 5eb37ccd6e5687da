/// Status and headers of a provider's answer.
public struct ProviderResponseHead: Sendable, Equatable {
    /// The HTTP status.
    public var status: Int
    /// The header fields in order; names in any case.
    public var headers: [(name: String, value: String)]

    /// A head.
    public init(status: Int, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = headers
    }

    /// The value of the first field of that name, in any case.
    public subscript(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// The provider's name of the request, under any of the names in use (WIRE.md 5.4).
    public var requestID: String? {
        for name in ["x-request-id", "request-id", "apim-request-id", "x-generation-id"] {
            if let value = self[name], !value.isEmpty { return value }
        }
        return nil
    }

    /// The media type without parameters, in lower case.
    package var mediaType: String? {
        self["content-type"].map { value in
            value.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        }
    }

    /// Compares status and fields.
    public static func == (left: Self, right: Self) -> Bool {
        left.status == right.status && left.headers.elementsEqual(right.headers) { $0 == $1 }
    }
}

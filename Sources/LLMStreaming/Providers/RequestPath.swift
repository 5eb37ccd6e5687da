/// The paths that requests go to at an endpoint.
extension Endpoint {
    /// The path that requests of the provider's own dialect go to.
    package var path: String { path(of: provider.dialect) }

    /// The path and query that a request goes to.
    package func path(of request: ProviderRequest) -> String {
        switch request.call {
        case .create: path(of: request, request.dialect ?? provider.dialect)
        case .replay(let cursor): path(of: cursor, rest: true)
        case .poll(let cursor): path(of: cursor, rest: false)
        case .abandon(let cursor): path(of: cursor, rest: false) + (cursor.form == .response ? "/cancel" : "")
        case .page(let path): path
        }
    }

    /// The path of a dialect with Azure's version behind it: a chat model is its deployment's path.
    private func datedPath(of request: ProviderRequest, _ version: String) -> String {
        let dialect = request.dialect ?? provider.dialect
        var path = basePath
        if !path.split(separator: "/").contains("openai") { path += "/openai" }
        if dialect == .openAIChat, !path.contains("/deployments/") {
            path += "/deployments/\(request.model.percentEncoded)"
        }
        return path + dialect.path + "?api-version=\(version.percentEncoded)"
    }

    private func path(of request: ProviderRequest, _ dialect: Dialect) -> String {
        if let apiVersion { return datedPath(of: request, apiVersion) }
        let before = request.isPrefilled ? provider.prefix.path : ""
        if basePath.hasSuffix(before) { return path(of: dialect) }
        // It stands in the version's place.
        return (basePath.hasSuffix("/v1") ? String(basePath.dropLast(3)) : basePath) + before + dialect.path
    }

    private func path(of dialect: Dialect) -> String {
        let path = dialect.path
        // Both `https://host` and `https://host/v1` are given for dialects whose path begins with /v1.
        return basePath.hasSuffix("/v1") && path.hasPrefix("/v1/") ? basePath + path.dropFirst(3) : basePath + path
    }

    /// Where a kept stream is, or the rest of it.
    private func path(of cursor: ReplayCursor, rest: Bool) -> String {
        let id = cursor.id.percentEncoded
        switch cursor.form {
        case .conversation:
            // The server has it under /v1, whatever the dialect's own path.
            let version = basePath.hasSuffix("/v1") ? "" : "/v1"
            return basePath + version + "/stream?conv_id=\(id)" + (rest ? "&from=\(cursor.position)" : "")
        case .response:
            // Of a response at -1 nothing was read.
            let after = cursor.position >= 0 ? "&starting_after=\(cursor.position)" : ""
            return path(of: .openAIResponses) + "/\(id)" + (rest ? "?stream=true\(after)" : "")
        }
    }
}

extension String {
    /// The text as a part of a path or query (RFC 3986, section 2.3): all but unreserved characters are encoded.
    var percentEncoded: String {
        let digits = Array("0123456789ABCDEF")
        return utf8.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}

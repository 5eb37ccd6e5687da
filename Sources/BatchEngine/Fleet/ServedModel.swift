import LLMStreaming

/// A model that a server lists at `/v1/models`, with what its servers tell of it.
package struct ServedModel: Sendable, Hashable {
    /// The name that requests ask for it by.
    package var id: String
    /// Who serves it: of self-hosted servers the kind of server, `vllm`.
    package var owner: String?
    /// Where its weights come from (vLLM, SGLang).
    package var root: String?
    /// The most tokens of prompt and answer (vLLM, SGLang).
    package var maximumTokens: Int?
    /// The bytes of its weights (llama.cpp): another number is another quantisation.
    package var weightBytes: Int?

    /// A model; what is left out is not known.
    package init(
        id: String, owner: String? = nil, root: String? = nil, maximumTokens: Int? = nil, weightBytes: Int? = nil
    ) {
        self.id = id
        self.owner = owner
        self.root = root
        self.maximumTokens = maximumTokens
        self.weightBytes = weightBytes
    }

    /// An element of the list; nil where it has no name.
    init?(_ json: JSON) {
        guard let id = json["id"]?.string, !id.isEmpty else { return nil }
        self.init(
            id: id, owner: json["owned_by"]?.string, root: json["root"]?.string,
            maximumTokens: NumberGate.count(json["max_model_len"]?.int),
            weightBytes: NumberGate.count(json["meta"]?["size"]?.int))
    }

    /// What must be the same wherever the model is served, in the servers' words.
    var traits: [(name: String, value: String)] {
        [
            ("root", root), ("max_model_len", maximumTokens.map(String.init)), ("owned_by", owner),
            ("size", weightBytes.map(String.init)),
        ].compactMap { name, value in value.map { (name, $0) } }
    }
}

/// What a server says it is.
package enum ServerIdentity: Sendable, Hashable {
    /// It does not say.
    case untold
    /// It sends a web page where the list of its models should be.
    case webPage
    /// It serves these models, and is of this version where it tells one.
    case serves([ServedModel], version: String?)

    /// What two of its pages say.
    ///
    /// - Parameters:
    ///   - models: the list of its models; nil where it has none.
    ///   - version: its version (vLLM's `/version`); nil where it has no such page.
    package init(models: [UInt8]?, version: [UInt8]?) {
        guard let models else {
            self = .untold
            return
        }
        if let list = (try? JSONParser.parse(models))?["data"]?.array {
            let version = version.flatMap { try? JSONParser.parse($0) }?["version"]?.string
            self = .serves(list.compactMap(ServedModel.init), version: version)
        } else {
            self = Self.isWebPage(models) ? .webPage : .untold
        }
    }

    private static func isWebPage(_ page: [UInt8]) -> Bool {
        let beginning = String(decoding: page.prefix(1_024), as: UTF8.self).lowercased()
        return beginning.contains("<html") || beginning.contains("<!doctype html")
    }
}

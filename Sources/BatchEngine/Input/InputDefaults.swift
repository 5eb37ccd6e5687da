package import AnswerChecks
package import LLMStreaming

/// What a job line need not say itself: its model, its provider, and which providers there are (Contract, "Job lines").
package struct InputDefaults: Sendable {
    package let catalog: ProviderCatalog
    /// The provider of `--provider`.
    package let provider: Provider?
    /// The model of lines without one, of `--model`.
    package private(set) var model: ModelName?
    /// What is done with partial output, where a line does not say.
    package let resume: ResumePolicy
    /// What a right answer is, where a line does not say; nil for any.
    package let check: AnswerCheck?
    /// The provider of models that name none.
    let unprefixedProvider: String
    /// Whether one was chosen: then what stands before a slash and is no provider's name belongs to the model.
    private let isProviderChosen: Bool

    /// Checks the user's defaults.
    ///
    /// - Parameters:
    ///   - model: `provider/model`, read as in a line.
    ///   - openAIBaseURL: OPENAI_BASE_URL; where it is OpenRouter's, models without a provider go there.
    /// - Throws: `ConfigurationError` for an unknown provider.
    package init(
        catalog: ProviderCatalog = ProviderCatalog(), model: String? = nil, provider: String? = nil,
        openAIBaseURL: String? = nil, resume: ResumePolicy = .auto, check: AnswerCheck? = nil
    ) throws(ConfigurationError) {
        self.catalog = catalog
        self.resume = resume
        self.check = check
        if let provider {
            guard let known = catalog[provider] else {
                throw ConfigurationError("--provider: " + Self.unknownProvider(provider, catalog))
            }
            self.provider = known
        } else {
            self.provider = nil
        }
        let isOpenRouter = ProviderCatalog.isOpenRouter(openAIBaseURL)
        unprefixedProvider = provider ?? (isOpenRouter ? "openrouter" : "openai")
        isProviderChosen = provider != nil || isOpenRouter
        guard let model else { return }
        do throws(ConfigurationError) {
            self.model = try resolve(model)
        } catch {
            throw ConfigurationError("--model: \(error)")
        }
    }

    /// The provider and model that a `model` text means: split at the first `/` where a provider's name stands before.
    ///
    /// - Throws: `ConfigurationError` saying what is wrong with the text.
    package func resolve(_ text: String) throws(ConfigurationError) -> ModelName {
        guard !text.isEmpty else { throw ConfigurationError("the model is empty") }
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            return ModelName(provider: unprefixedProvider, model: text)
        }
        let prefix = String(text[..<slash])
        if catalog.isProvider(prefix, whereOneIsChosen: isProviderChosen) {
            let model = String(text[text.utf8.index(after: slash)...])
            guard !model.isEmpty else { throw ConfigurationError("\(text.quotedName) names a provider but no model") }
            return ModelName(provider: prefix, model: model)
        }
        // With --provider, a slash is part of the model's own name: `meta-llama/Llama-3.1-8B` on a vLLM server.
        if isProviderChosen { return ModelName(provider: unprefixedProvider, model: text) }
        throw ConfigurationError(
            "\(text.quotedName): " + Self.unknownProvider(prefix, catalog) + "; or give --provider")
    }

    /// Notes that a line's `model` text names no known provider, where that is so.
    ///
    /// A file may have a million such lines: which known name is near is looked for only where the fault is read.
    func addUnknownProvider(of text: String, to faults: inout LineFaults) -> Bool {
        guard !isProviderChosen, let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return false }
        let prefix = String(text[..<slash])
        if catalog[prefix] != nil { return false }
        faults.add(
            "'model': \(text.quotedName): unknown provider \(prefix.quotedName)", nearest: prefix, among: catalog.names,
            else: "; known are \(catalog.names.joined(separator: ", "))", tail: "; or give --provider")
        return true
    }

    private static func unknownProvider(_ name: String, _ catalog: ProviderCatalog) -> String {
        let nearest = NearestName.suggestion(for: name, among: catalog.names)
        let hint = nearest.isEmpty ? "; known are \(catalog.names.joined(separator: ", "))" : nearest
        return "unknown provider \(name.quotedName)\(hint)"
    }
}

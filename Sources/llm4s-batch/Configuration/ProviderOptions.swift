import ArgumentParser

/// What says which providers there are.
struct ProviderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Provider of models without a known prefix, and of batch lines (default: openai, or openrouter where "
                + "OPENAI_BASE_URL is its; of batch lines the one whose form they have).", valueName: "NAME"))
    var provider: String?

    @Option(
        help: ArgumentHelp(
            "Configuration file (default: llm4s-batch.json, else $XDG_CONFIG_HOME/llm4s-batch/config.json, else none).",
            valueName: "FILE"), completion: .file(extensions: ["json"]))
    var config: String?
}

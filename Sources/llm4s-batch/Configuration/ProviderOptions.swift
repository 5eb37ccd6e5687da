import ArgumentParser

/// What says which providers there are.
struct ProviderOptions: ParsableArguments {
    @Option(help: "Provider of models without a known prefix, and of batch lines.")
    var provider: String?

    @Option(help: "Configuration file (else llm4s-batch.json, else $XDG_CONFIG_HOME/llm4s-batch/config.json).")
    var config: String?
}

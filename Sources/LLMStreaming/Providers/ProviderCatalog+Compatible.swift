extension ProviderCatalog {
    /// Providers that speak like OpenAI and need no more than an address and a key (models.dev, 2026-07).
    ///
    /// None is known to go on from partial text exactly: their answers begin anew.
    static let compatible: [Provider] = [
        preset("baseten", "https://inference.baseten.co/v1"),
        preset("cerebras", "https://api.cerebras.ai/v1"),
        preset("dashscope", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        preset("deepinfra", "https://api.deepinfra.com/v1/openai"),
        preset("fireworks", "https://api.fireworks.ai/inference/v1"),
        preset(
            "gemini", "https://generativelanguage.googleapis.com/v1beta/openai",
            keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
            samplingRefusal: .named([
                "gemini-3-5-flash-lite", "gemini-3-6-flash", "gemini-3-7-flash", "gemini-3-8-flash",
            ])),
        preset("huggingface", "https://router.huggingface.co/v1", keys: ["HF_TOKEN"]),
        preset("hyperbolic", "https://api.hyperbolic.xyz/v1"),
        preset("minimax", "https://api.minimax.io/v1"),
        preset("moonshot", "https://api.moonshot.ai/v1"),
        preset("novita", "https://api.novita.ai/openai"),
        preset("nvidia", "https://integrate.api.nvidia.com/v1"),
        preset("perplexity", "https://api.perplexity.ai"),
        preset("sambanova", "https://api.sambanova.ai/v1"),
        preset("scaleway", "https://api.scaleway.ai/v1"),
        preset("siliconflow", "https://api.siliconflow.com/v1"),
        preset("together", "https://api.together.xyz/v1"),
        preset("vercel", "https://ai-gateway.vercel.sh/v1", keys: ["AI_GATEWAY_API_KEY"]),
        preset("xai", "https://api.x.ai/v1"),
        preset("zai", "https://api.z.ai/api/paas/v4", keys: ["ZAI_API_KEY", "ZHIPU_API_KEY"]),
    ]

    /// A provider whose variables are `NAME_API_KEY`, where no others are usual, and `NAME_BASE_URL`.
    private static func preset(
        _ name: String, _ baseURL: String, keys: [String] = [], samplingRefusal: ModelSet? = nil
    ) -> Provider {
        let prefix = name.uppercased()
        return Provider(
            name: name, baseURL: baseURL, baseURLVariables: ["\(prefix)_BASE_URL"],
            keyVariables: keys.isEmpty ? ["\(prefix)_API_KEY"] : keys, samplingRefusal: samplingRefusal)
    }
}

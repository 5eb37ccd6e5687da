/// The fields of providers' bodies that are numbers or booleans: no schema of ours says it, since bodies are passed on as
/// they are (Contract, "Templates").
///
/// Of each API that a body may be for (OpenAI's chat and Responses, Anthropic's Messages, Mistral, OpenRouter, Groq,
/// Gemini, vLLM, SGLang, llama.cpp), by the path in the body, with `[]` for the elements of a list. A name that means a
/// number with one and something else with another is not among them.
enum BodyFields {
    /// The types of the field at a path in a body; nil for one that is not known.
    static func types(at path: String) -> FieldTypes? {
        if numbers.contains(path) { return .number }
        if booleans.contains(path) { return .boolean }
        return path.hasPrefix("logit_bias.") || path.hasPrefix("provider.max_price.") ? .number : nil
    }

    private static let numbers: Set<String> = [
        // How many tokens, answers and calls.
        "max_tokens", "max_completion_tokens", "max_output_tokens", "min_tokens", "n", "best_of", "n_predict",
        "max_tool_calls", "truncate_prompt_tokens", "prompt_logprobs", "top_logprobs", "n_probs", "n_keep", "min_keep",
        // How the next token is drawn.
        "temperature", "top_p", "top_k", "top_a", "min_p", "typical_p", "tfs_z", "seed", "random_seed",
        "presence_penalty", "frequency_penalty", "repetition_penalty", "length_penalty", "repeat_penalty",
        "repeat_last_n",
        "dynatemp_range", "dynatemp_exponent", "xtc_probability", "xtc_threshold", "mirostat", "mirostat_tau",
        "mirostat_eta", "dry_multiplier", "dry_base", "dry_allowed_length", "dry_penalty_last_n",
        // How long it thinks.
        "thinking.budget_tokens", "thinking_budget", "thinking_token_budget", "reasoning_budget",
        "reasoning.max_tokens",
        "chat_template_kwargs.thinking_budget", "google.thinking_config.thinking_budget",
        "extra_body.google.thinking_config.thinking_budget",
        // Tools and the rest.
        "tools[].max_uses", "tools[].max_num_results", "tools[].max_content_tokens", "tools[].display_width_px",
        "tools[].display_height_px", "priority", "output_config.task_budget.total", "id_slot",
    ]

    private static let booleans: Set<String> = [
        "stream", "stream_options.include_usage", "stream_options.include_obfuscation", "store", "background",
        "logprobs", "parallel_tool_calls", "echo", "ignore_eos", "skip_special_tokens", "spaces_between_special_tokens",
        "include_stop_str_in_output", "add_generation_prompt", "continue_final_message", "add_special_tokens",
        "use_beam_search", "return_token_ids", "return_tokens_as_token_ids", "no_stop_trim", "cache_prompt",
        "return_progress", "timings_per_token", "safe_prompt", "usage.include",
        "include_reasoning", "separate_reasoning", "stream_reasoning", "enable_thinking", "reasoning.enabled",
        "reasoning.exclude", "chat_template_kwargs.enable_thinking", "chat_template_kwargs.thinking",
        "google.thinking_config.include_thoughts", "extra_body.google.thinking_config.include_thoughts",
        "tool_choice.disable_parallel_tool_use", "tools[].function.strict", "tools[].strict",
        "response_format.json_schema.strict", "text.format.strict", "provider.allow_fallbacks",
        "provider.require_parameters", "provider.zdr", "messages[].prefix", "messages[].partial",
        "messages[].content[].citations.enabled",
    ]
}

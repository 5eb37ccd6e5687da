import LLMStreaming

/// What an attempt sends and why so: all that is decided before it starts.
struct PreparedAttempt {
    let plan: ResumePlan
    let request: ProviderRequest

    /// Reads a job's stored request and encodes it for its provider.
    ///
    /// - Parameters:
    ///   - policy: what is done with partial output, where the job's line does not say.
    ///   - isRefused: whether the provider refused to go on from partial text for this model in this run.
    /// - Throws: kind `invalid_request` where the stored request is none or does not fit the provider.
    init(_ job: Job, provider: Provider, policy: ResumePolicy, isRefused: Bool) throws(LLMError) {
        let stored = try JobRequest(stored: job.request)
        plan = ResumePlan.make(
            partial: job.partial, content: stored.content, provider: provider, policy: stored.resume ?? policy,
            isRefused: isRefused)
        request = try RequestEncoder.encode(
            stored.content, model: job.model, provider: provider, prefix: plan.prefix,
            maximumTokens: plan.maximumTokens)
    }
}

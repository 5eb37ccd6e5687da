import LLMStreaming

/// What an attempt sends and why so: all that is decided before it starts.
struct PreparedAttempt {
    let plan: ResumePlan
    private(set) var request: ProviderRequest
    /// The service tier that the request names.
    let askedTier: String?

    /// Reads a job's stored request and encodes it for its provider.
    ///
    /// - Parameters:
    ///   - policy: what is done with partial output, where the job's line does not say.
    ///   - isRefused: whether the provider refused to go on from partial text for this model in this run.
    ///   - streamID: what a stream that its server is to keep is called, where that is ours to say.
    ///   - serviceTier: the one to ask for, where the job's line does not say.
    /// - Throws: kind `invalid_request` where the stored request is none or does not fit the provider.
    init(
        _ job: Job, provider: Provider, policy: ResumePolicy, isRefused: Bool, streamID: String,
        serviceTier: String? = nil
    ) throws(LLMError) {
        var stored = try JobRequest(stored: job.request)
        if let serviceTier { stored.content.ask(forTier: serviceTier) }
        askedTier = stored.content.askedTier
        plan = ResumePlan.make(
            partial: job.partial, content: stored.content, model: job.model, provider: provider,
            policy: stored.resume ?? policy, isRefused: isRefused)
        let keptByteCount = plan.goesOn && !plan.isPoll ? job.partial?.answer.byteCount ?? 0 : 0
        if let cursor = plan.cursor {
            var request = ProviderRequest(plan.isPoll ? .poll(cursor) : .replay(cursor))
            request.dialect = stored.content.dialect(at: provider)
            request.keptByteCount = keptByteCount
            self.request = request
            return
        }
        let kept = plan.keeps.map { form in
            switch form {
            case .conversation: ReplayCursor(.conversation, id: streamID, position: 0)
            case .response: ReplayCursor(.response, id: "", position: -1)
            }
        }
        request = try RequestEncoder.encode(
            stored.content, model: job.model, provider: provider, continuation: plan.continuation,
            maximumTokens: plan.maximumTokens, kept: kept)
        request.acceptsMissingFinishReason = job.partial?.lacksFinishReason ?? false
        request.keptByteCount = keptByteCount
    }
}

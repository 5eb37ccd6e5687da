import LLMStreaming

// The run that goes on is told what it is to do now, as by the command `ctl`.
extension BatchRunner {
    /// Sends nothing more, neither new jobs nor other attempts of those that wait; open streams go on.
    ///
    /// ```swift
    /// let batch = BatchRunner(database: "answers.db")
    /// let run = Task { try await batch.run(["jobs.jsonl"]) }
    /// // … when the server is needed for something else:
    /// let open = try await batch.pause()
    /// print("\(open) streams go on")
    /// try await batch.resume()
    /// print(try await run.value.completed)
    /// ```
    /// - Returns: how many streams are open and go on.
    /// - Throws: kind `control` where no run of this runner is under way.
    @discardableResult
    public func pause() async throws(BatchError) -> Int { try await tell(.pause).streamsOver }

    /// Goes on after a pause.
    ///
    /// - Throws: kind `control` where no run is under way.
    public func resume() async throws(BatchError) { try await tell(.proceed) }

    /// Takes up no more jobs, gives open streams `drainTimeout`, and ends the run; its report says how many jobs are left.
    ///
    /// - Returns: how many streams are open.
    /// - Throws: kind `control` where no run is under way.
    @discardableResult
    public func drain() async throws(BatchError) -> Int { try await tell(.drain).streamsOver }

    /// Changes how many streams may be open: with fewer those beyond it go on to their ends, and more are opened in steps.
    ///
    /// - Parameter streams: at least 1.
    /// - Returns: how many streams are open beyond it.
    /// - Throws: kind `control` for a number that cannot be meant, and where no run is under way.
    @discardableResult
    public func setConcurrency(_ streams: Int) async throws(BatchError) -> Int {
        try await tell(.concurrency, "\(streams)").streamsOver
    }

    /// Finds how many streams each endpoint answers well, from as many as it has now, and opens those: at most
    /// `BatchOptions.concurrencyMaximum` in all.
    ///
    /// - Throws: kind `control` where no run is under way.
    public func setConcurrencyAuto() async throws(BatchError) { try await tell(.concurrency, StreamsSetting.auto.text) }

    /// Changes how many requests a minute may be sent.
    ///
    /// - Parameters:
    ///   - perMinute: at least 1; nil for as many as headers allow.
    ///   - provider: the name of one that jobs of the run ask; nil for each.
    /// - Throws: kind `control` where that cannot be meant, and where no run is under way.
    public func setRequestsPerMinute(_ perMinute: Int?, of provider: String? = nil) async throws(BatchError) {
        try await tell(.rpm, Self.rate(perMinute, provider))
    }

    /// Changes how many tokens a minute may be used, input and output together.
    ///
    /// - Parameters:
    ///   - perMinute: at least 1; nil for as many as headers allow.
    ///   - provider: the name of one that jobs of the run ask; nil for each.
    /// - Throws: kind `control` where that cannot be meant, and where no run is under way.
    public func setTokensPerMinute(_ perMinute: Int?, of provider: String? = nil) async throws(BatchError) {
        try await tell(.tpm, Self.rate(perMinute, provider))
    }

    /// Changes what the jobs may cost, earlier runs included; of a shard what those of all shards may.
    ///
    /// - Parameter dollars: US dollars, above 0; nil for no bound. Every model needs a price.
    /// - Returns: how many open streams may go beyond it.
    /// - Throws: kind `control` where that cannot be meant, and where no run is under way.
    @discardableResult
    public func setMaximumCost(_ dollars: Double?) async throws(BatchError) -> Int {
        try await tell(.maximumCost, dollars.map { "\($0)" } ?? "none").streamsOver
    }

    /// Ends these jobs without an answer: their streams are closed and their text is kept.
    ///
    /// Only `retry` with `includesCancelled` revives them. Those that have ended stay as they are.
    ///
    /// - Parameter ids: of jobs of the database, at most 1,000.
    /// - Returns: those that are cancelled now.
    /// - Throws: kind `control` for an id that the database does not have, and where no run is under way.
    @discardableResult
    public func cancel(_ ids: [String]) async throws(BatchError) -> [String] {
        try await tell(.cancel, ids).jobs.filter { $0.state == "cancelled" }.map(\.id)
    }

    /// Sends these jobs before all others, also where they wait for another attempt.
    ///
    /// - Parameter ids: of jobs of the database, at most 1,000.
    /// - Returns: those that come next; the others run, have ended, or are not of this run.
    /// - Throws: kind `control` for an id that the database does not have, and where no run is under way.
    @discardableResult
    public func sendNext(_ ids: [String]) async throws(BatchError) -> [String] {
        try await tell(.now, ids).jobs.filter { $0.state == "next" }.map(\.id)
    }

    private static func rate(_ perMinute: Int?, _ provider: String?) -> String {
        (provider.map { "\($0)=" } ?? "") + (perMinute.map(String.init) ?? "none")
    }

    @discardableResult
    private func tell(_ name: ControlCommand.Name, _ value: String) async throws(BatchError) -> ControlAnswer {
        try await tell(name, [value])
    }

    @discardableResult
    private func tell(_ name: ControlCommand.Name, _ values: [String] = []) async throws(BatchError) -> ControlAnswer {
        do throws(ControlFault) {
            return try await control.perform(ControlRequest(ControlCommand(name, values)))
        } catch {
            throw BatchError(.control, error.message)
        }
    }
}

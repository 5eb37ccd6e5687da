import BatchEngine
import BatchStore
import BatchWatch
import LLM4SBatch
import LLMStreaming

/// The answers of the page's server: from a request to what is sent back (Contract, "Watch").
struct WatchRoutes: Sendable {
    /// Hands a command to the worker, and gives its answer.
    typealias Tell = @Sendable (ControlRequest) async throws -> JSON

    private let database: WatchedDatabase
    private let readings: WatchReadings
    private let streams: JobStreams
    private let gate: LocalGuard
    private let token: ControlToken
    private let tell: Tell

    /// - Parameters:
    ///   - database: what is shown.
    ///   - port: that of the server.
    ///   - token: what commands must have.
    ///   - tell: hands them on.
    init(_ database: WatchedDatabase, port: Int, token: ControlToken = ControlToken(), tell: @escaping Tell) {
        self.database = database
        readings = WatchReadings(database)
        // It opens a file, and is asked of each answer that is silent.
        let mayHaveWorker = SparingReading(.seconds(1)...(.seconds(1))) { database.mayHaveWorker }
        streams = JobStreams { job, place in
            guard BatchDatabase.filePlace(of: database.path) == job.file else { return nil }
            return try await database.read(.streams) { try await $0.pieces(ofJob: job.id, after: place) }
        } mayHaveWorker: {
            (try? await mayHaveWorker.value()) ?? true
        }
        gate = LocalGuard(port: port)
        self.token = token
        self.tell = tell
    }

    /// The answer to a request.
    func answer(_ request: WatchRequest) async -> WatchAnswer {
        if let refusal = gate.refusal(of: request) { return refusal }
        do {
            if request.path == ["api", "ctl"] { return try await command(request) }
            guard let route = try route(request) else { return .fault(404, "there is nothing here") }
            guard request.method == "GET" else { return .wrongMethod(allow: "GET, HEAD") }
            return try await route()
        } catch let problem as WatchProblem {
            return .fault(problem.status, problem.sentence)
        } catch let error as StoreError {
            return .fault(503, error.description)
        } catch {
            return .fault(500, "\(error)")
        }
    }

    /// What a path is answered with; nil where there is nothing.
    private func route(_ request: WatchRequest) throws(WatchProblem) -> (() async throws -> WatchAnswer)? {
        if let page = WatchPage.answer(request.path, token: token) { return { page } }
        let parameters = WatchParameters(request)
        switch request.path {
        case ["metrics"]:
            try parameters.expectKnown([])
            return {
                let counters = try await readings.counters.value()
                let text = MetricsText(counters, endpoints: try await readings.endpoints.value()).text
                return WatchAnswer(
                    contentType: "text/plain; version=0.0.4; charset=utf-8", body: .bytes(Array(text.utf8)))
            }
        case ["api", "status"]:
            try parameters.expectKnown([])
            return { .json(try await readings.status.value()) }
        case ["api", "stats"]:
            try parameters.expectKnown([])
            return { .json(try await readings.statistics.value()) }
        case ["api", "seconds"]:
            let (after, step) = (try parameters.after, try parameters.integer("step", 1...86_400) ?? 1)
            let limit = try parameters.integer("limit", 1...3_600) ?? 600
            try parameters.expectKnown(["after", "limit", "step"])
            let question = SecondsQuestion(after: after, step: step, limit: limit)
            return { .json(try await readings.seconds.value(question)) }
        case ["api", "jobs"]:
            let (search, cursor, limit) = try parameters.jobs()
            return {
                let page = try await database.read(.rows) { try await $0.jobs(search, after: cursor, limit: limit) }
                return .json(page.json)
            }
        case ["api", "job"], ["api", "job", "stream"]:
            guard let id = request.query["id"] else { throw WatchProblem(400, "which job? give its id") }
            return try jobRoute(id, isStream: request.path.count == 3, named: ["id"], request)
        case let path where path.starts(with: ["api", "jobs"]) && (path.count == 3 || path.count == 4):
            guard path.count == 3 || path[3] == "stream" else { return nil }
            return try jobRoute(path[2], isStream: path.count == 4, named: [], request)
        default: return nil
        }
    }

    /// What the paths of a job are answered with.
    ///
    /// - Parameters:
    ///   - id: the job's.
    ///   - isStream: whether its pieces are asked for.
    ///   - names: the parameters that name it.
    ///   - request: the request.
    private func jobRoute(
        _ id: String, isStream: Bool, named names: Set<String>, _ request: WatchRequest
    ) throws(WatchProblem) -> (() async throws -> WatchAnswer) {
        let parameters = WatchParameters(request)
        try parameters.expectKnown(names.union([isStream ? "after" : "request"]))
        guard isStream else {
            let isWhole = try parameters.integer("request", 0...1) != 0
            return { try await job(id, isWhole: isWhole) }
        }
        let after = Int64(try parameters.integer("after", 0...Int.max) ?? 0)
        // A browser whose line was cut asks the same again, and says what it has by then.
        let last = request[header: "last-event-id"].last.flatMap { Int64($0) }
        return { try await stream(id, after: max(0, last ?? after)) }
    }

    /// A job.
    ///
    /// - Parameter isWhole: whether its request and what its attempts left are told too: whoever asks again and again has
    ///   them, and they may have many megabytes.
    private func job(_ id: String, isWhole: Bool) async throws -> WatchAnswer {
        let report = try await database.read(.rows) { reader -> JobReport? in
            guard let job = try await reader.job(customID: id) else { return nil }
            return JobReport(
                job: job, request: isWhole ? try await reader.request(ofJob: job.id) ?? [] : [],
                attempts: try await reader.attempts(ofJob: job.id, withPartials: isWhole),
                completions: try await reader.completions(ofJob: job.id), now: TimeOfDay.unixMilliseconds)
        }
        guard let report else { return .fault(404, "there is no job of this id") }
        var object = report.watched.object ?? JSONObject()
        if !isWhole { object["request"] = nil }
        return .json(.object(object))
    }

    private func stream(_ id: String, after place: Int64) async throws -> WatchAnswer {
        let file = BatchDatabase.filePlace(of: database.path)
        guard let job = try await database.read(.rows, { try await $0.job(customID: id) }) else {
            return .fault(404, "there is no job of this id")
        }
        guard let feed = await streams.watch(WatchedJob(id: job.id, file: file), after: place) else {
            return .fault(503, "\(JobStreams.most) answers are watched already")
        }
        return WatchAnswer(contentType: "text/event-stream; charset=utf-8", body: .events(feed))
    }

    private func command(_ request: WatchRequest) async throws -> WatchAnswer {
        guard request.method == "POST" else { return .wrongMethod(allow: "POST") }
        if let refusal = token.refusal(of: request) { return refusal }
        do {
            return .json(try await tell(try ControlRequest(line: request.body)))
        } catch let fault as ControlFault {
            return .fault(fault.kind == .usage ? 400 : 409, fault.message)
        }
    }
}

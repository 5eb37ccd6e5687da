public import CoreMetrics
public import LLMStreaming
public import Logging

/// How a batch is run: what the options of the command `run` say, with the same defaults.
///
/// ```swift
/// var options = BatchOptions()
/// options.model = "openai/gpt-6-luna"
/// options.concurrency = 200
/// options.maximumCost = 25
/// options.prices = "model_prices_and_context_window.json"
/// options.timeouts.firstToken = .seconds(120)
/// let batch = BatchRunner(database: "answers.db", options: options)
/// ```
/// A number that cannot be meant, such as a concurrency of 0, is an error of kind `configuration` of the run.
public struct BatchOptions: Sendable {
    // MARK: Jobs

    /// The model of jobs that name none, as `provider/model`; what LLM_MODEL holds where nil.
    public var model: String?
    /// The provider of models without a known prefix, and of batch lines; nil for `openai`, and of batch lines for the one
    /// whose form they have.
    public var provider: String?
    /// The URLs in place of the provider's: of `provider`, else of the only one that the jobs name; none for its own.
    public var baseURLs: [String] = []
    /// How much of the work the endpoints at these URLs are to get, against 1 for each other one: numbers above 0.
    public var weights: [String: Double] = [:]
    /// The service tier to ask for, in the provider's word, where a job names none: `flex`, `priority`, ...
    public var serviceTier: String?
    /// The part of the input whose jobs are run, nil for all; a database is of one part for good.
    public var shard: Shard?
    /// What to do with partial answers, where a job does not say.
    public var resume = ResumeWay.auto
    /// What to do where an id is stored with another request.
    public var changedJobs = ChangedJobs.error
    /// Whether jobs with faults are left out and kept in the table `rejected_lines`; else the first ends the run.
    public var skipsInvalid = false
    /// The most bytes of a job's line, or of a job from memory as a line.
    public var maximumLineBytes = 16 << 20

    /// How often each job is run, at most a thousand times: more than once under the ids `ID#1`, `ID#2` and so on, where a
    /// job sets a seed with one more each time.
    public var samples = 1

    // MARK: Rows

    /// A file with a job line in whose strings the columns of rows stand, as `{{name}}`; nil where files have job lines.
    ///
    /// Files then have rows of CSV, TSV or JSONL, and each row becomes a job.
    public var template: String?
    /// The form of the rows; nil where the ending of each file tells it.
    public var rows: RowForm?
    /// What of a row is kept as its job's metadata.
    public var rowMetadata = RowMetadata.all
    /// The most rows that are taken of all files together; nil for all.
    public var maximumRows: Int?
    /// How many rows are drawn at random of all files together, of which `maximumRows` takes the first; nil for all.
    public var sampledRows: Int?
    /// What `sampledRows` draws by: the same rows each time, others by another seed.
    public var sampleSeed: UInt64 = 1

    // MARK: Answers

    /// What a right answer is, as the member `check` of a job line, for jobs that do not say; nil where any is.
    ///
    /// ```swift
    /// var options = BatchOptions()
    /// options.check = ["json_schema": ["type": "object", "required": ["sentiment"]]]
    /// ```
    public var check: JSON?
    /// A program that says which answers are right, as a command of the shell; nil for none.
    ///
    /// It is started once, reads a line of JSON an answer, and writes a line for each: Contract, "A program that checks".
    public var checkCommand: String?
    /// How long that program may take for an answer.
    public var checkTimeout: Duration = .seconds(60)
    /// What follows an answer that is not right.
    public var onInvalid = OnInvalid.again
    /// The most answers of a job in all, right and wrong.
    public var maximumAnswers = 3
    /// What follows an answer that is cut at its bound of tokens.
    public var onLength = OnLength.keep
    /// What follows one piece over and over in an answer.
    public var loops = OnLoop.mark

    /// Whether of jobs with the same request one is sent: the others get its answer, and nothing is billed for them.
    ///
    /// Jobs of the database that were completed earlier count too. Samples of one job are not the same, nor are jobs with
    /// another check.
    public var dedupes = false

    // MARK: Rates and money

    /// The order in which jobs are sent.
    public var order = JobOrder.prefix
    /// Whether the first of the jobs that begin alike goes alone to an endpoint.
    public var warmFirst = WarmFirst.auto
    /// The most streams open at once; each is an open file.
    public var concurrency = 64
    /// Whether the run finds out how many streams to open; `concurrency` then counts for nothing.
    public var isConcurrencyAuto = false
    /// The most streams open at once where the run finds out how many.
    public var concurrencyMaximum = 1024
    /// The time to the first token past which it opens no more where it finds out how many; nil for any.
    public var firstTokenTarget: Duration?
    /// The most streams open at once to a provider, or to a model as `provider/model`.
    public var concurrencyPerProvider: [String: Int] = [:]
    /// The most requests a minute to each provider; nil for what the catalog says of it, else what its headers allow.
    public var requestsPerMinute: Int?
    /// The most tokens a minute of each provider, input and output together; nil as with requests.
    public var tokensPerMinute: Int?
    /// The part of the rates, told and learnt, that this run may spend, above 0 and at most 1; streams are its own.
    public var share = 1.0
    /// A file of prices in the form of LiteLLM's `model_prices_and_context_window.json`.
    public var prices: String?
    /// What the jobs in scope may cost in US dollars, earlier runs included; needs a price for every model; of a shard what
    /// those of all shards may.
    public var maximumCost: Double?
    /// The tokens that the jobs in scope may use up, input and output, earlier runs included; of a shard as the cost.
    public var maximumTokens: Int?

    // MARK: Bounds

    /// The most jobs to take up in a run; nil for all.
    public var maximumJobs: Int?
    /// The most attempts of a job that count; those that a rate limit refuses do not.
    public var maximumAttempts = 5
    /// Whether no more jobs are taken up once one has failed.
    public var failsFast = false
    /// How long streams may be silent; of requests for the tier `flex` the first token has 900 s where it is left as it is.
    public var timeouts = StreamTimeouts()
    /// Whether `timeouts.firstToken` was given, where it may be what it is by default; set by the command.
    package var isFirstTokenGiven = false
    /// How long a provider, or a model of it, may be out before it gets no more requests.
    public var outageTimeout: Duration = .seconds(900)
    /// How long open streams may go on once the run's task is cancelled; zero closes them at once.
    public var drainTimeout: Duration = .zero
    /// The most bytes of one event of a stream.
    public var maximumEventBytes = 8 << 20
    /// How soon what streams bring is read.
    public var latency = Latency.normal
    /// Which versions of HTTP are spoken.
    public var http = HTTPVersions.auto

    // MARK: Database

    /// Which chunks are kept.
    public var chunks = ChunkRetention.all
    /// What is on disk after a commit.
    public var durability = Durability.full
    /// How long another worker of the database is waited for before the run ends with an error of kind `database`.
    public var lockWait: Duration = .zero

    // MARK: Shared folder

    /// A folder that all workers of an input see, nil for none: the run publishes there what it has.
    ///
    /// First it takes what earlier attempts of its jobs have published. The rates, told and learnt, are divided by the
    /// workers that live there.
    public var sharedFolder: String?
    /// How often the run publishes there, from 100 ms to a day; at its end it does so in any case.
    public var publishingInterval: Duration = .seconds(30)

    // MARK: TLS

    /// A file of PEM certificates to trust beside those of the system; what SSL_CERT_FILE names where nil.
    public var caFile: String?
    /// Whether only the certificates of that file are trusted, and none of the system.
    public var trustsCAFileOnly = false
    /// A file of the PEM certificates, our own first, that servers are shown which want one.
    public var clientCertificate: String?
    /// The file of that certificate's key in PEM; nil where the certificate's own holds it.
    public var clientKey: String?

    // MARK: Observation

    /// What is told of a run as it goes on, by swift-log; nil for nobody.
    ///
    /// No text of a conversation is told.
    public var logger: Logger?
    /// Where a run is counted, by swift-metrics, under the names of `/metrics`; that of the program where nil.
    public var metrics: (any MetricsFactory)? {
        get { metricsHolder?.factory }
        set { metricsHolder = newValue.map(MetricsHolder.init) }
    }
    private var metricsHolder: MetricsHolder?

    /// The defaults of the command line, but for `drainTimeout`: a cancelled task ends at once.
    public init() {}
}

/// Holds a back end by reference: with one in them a variable of options could not be captured by a task any more.
private final class MetricsHolder: Sendable {
    let factory: any MetricsFactory

    init(_ factory: any MetricsFactory) { self.factory = factory }
}

extension BatchOptions {
    /// What to do with partial answers.
    public enum ResumeWay: String, Sendable, Hashable, CaseIterable {
        /// The first way that is certain to be exact: replay, prefill, restart.
        case auto
        /// The server keeps the stream and sends its rest.
        case replay
        /// The stored text goes along as the last assistant message.
        case prefill
        /// The model is asked to go on, which changes the conversation.
        case `continue`
        /// The answer begins anew.
        case restart
    }

    /// What to do where an id is stored with another request.
    public enum ChangedJobs: String, Sendable, Hashable, CaseIterable {
        /// It is an error of kind `input`.
        case error
        /// The stored answer is deleted, unasked, and the new request runs.
        case replace
        /// The stored request stays.
        case keep
    }

    /// Which chunks are kept.
    public enum ChunkRetention: String, Sendable, Hashable, CaseIterable {
        /// All of them.
        case all
        /// Those of answers that are not complete.
        case partial
        /// None; no partial text survives the death of the process.
        case none
    }

    /// How soon what streams bring is read.
    public enum Latency: String, Sendable, Hashable, CaseIterable {
        /// Where many streams bring small pieces these may wait for two milliseconds, which saves a quarter of the CPU.
        case normal
        /// At once.
        case low
    }

    /// What is on disk after a commit.
    public enum Durability: String, Sendable, Hashable, CaseIterable {
        /// Everything: what was counted survives a power failure.
        case full
        /// Everything until the last checkpoint; the death of the process alone loses nothing.
        case normal
    }
}

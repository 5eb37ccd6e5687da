/// What was seen of one endpoint since the last look.
struct EndpointSample: Sendable {
    /// Since the run's start.
    var time: Duration
    /// The streams that are open at the moment.
    var running: Int
    /// Those of them whose first content has come.
    var answering: Int
    /// What its models wrote so far in the run, in bytes, which stand for tokens: only grows.
    var bytes: Int
    /// The streams that ended so far in the run: only grows.
    var ended: Int
    /// The times to first content of the streams whose first content came since the last sample, in the order in which
    /// they came.
    var firstTokens: [Duration]
    /// How long an open stream without content has waited since it was sent, at most; nil where there is none.
    var longestWait: Duration?
    /// Whether jobs wait for a stream here: only then the width is what binds.
    var isDemanded: Bool
    /// The requests in the server's queue, of all its clients, as its metrics tell them; nil where it serves none.
    var waitingAtServer: Int?
    /// The open streams that may never end: they are not counted.
    var silent: Int

    /// The open streams that count.
    var open: Int { max(0, running - silent) }
    /// Those of them without content yet.
    var waiting: Int { max(0, open - answering) }
}

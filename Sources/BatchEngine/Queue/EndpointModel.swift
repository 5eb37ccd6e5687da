/// What admission knows of one model at one endpoint.
///
/// A class, with one owner, as its endpoint is.
final class EndpointModel {
    var limiter: RequestLimiter
    var refusals = RefusalStreak()
    /// Whether it is refused for rate or load while others of its endpoint are not.
    var ownRefusals = ModelRefusals()
    /// Whether it is out while others of its endpoint answer.
    var outage = OutageBreaker()
    /// Its place among the probes of its endpoint.
    var lastProbe = 0
    /// Why it gets no more requests here; nil where it does.
    var stopReason: String?

    init(limiter: RequestLimiter) { self.limiter = limiter }
}

import BatchEngine
import LLM4SBatch
import LLMStreaming
import Testing

@testable import llm4s_batch

/// Which endpoints are told of a run that goes on, and in which words.
struct EndpointLinesTests {
    private static let allowed = EndpointSnapshot.mostAllowed

    private static func endpoint(
        _ provider: String, _ name: String = "http://gpu1/v1", running: Int = 3, silent: Int = 0,
        reason: String = allowed
    ) -> EndpointSnapshot {
        EndpointSnapshot(
            provider: provider, endpoint: name, width: 1_024, running: running, silent: silent, reason: reason)
    }

    /// One endpoint with the width that was set says nothing new, however many providers there are.
    @Test func thoseAreToldThatSayMoreThanWhatWasSet() {
        #expect([EndpointSnapshot]().told.isEmpty)
        #expect([Self.endpoint("a"), Self.endpoint("b"), Self.endpoint("c", reason: "")].told.isEmpty)
        let found = Self.endpoint("a", reason: "not measured yet")
        #expect([found, Self.endpoint("b")].told == [found])
        let pool = [Self.endpoint("a"), Self.endpoint("a", "http://gpu2/v1")]
        #expect((pool + [Self.endpoint("b")]).told == pool)
    }

    @Test func eachIsALineOfItsOwn() {
        let reason = "out: <b>\u{1b}[31m refused"
        let endpoints = [
            Self.endpoint("a", running: 1_000, silent: 2, reason: reason), Self.endpoint("a", "http://gpu2/v1"),
        ]
        #expect(
            EndpointLines(endpoints: endpoints).lines == [
                "  endpoint    http://gpu1/v1: 1,000 of 1,024 streams, 2 silent; \(TerminalText.line(reason, limit: 300))",
                "  endpoint    http://gpu2/v1: 3 of 1,024 streams; the most allowed",
            ])
    }

    @Test func whatIsStoredIsReadAgain() {
        var snapshot = RunSnapshot()
        snapshot.endpoints = [Self.endpoint("a", silent: 1, reason: "\"quoted\"\n"), Self.endpoint("b")]
        #expect(EndpointSnapshot.all(snapshot.endpointsJSON) == snapshot.endpoints)
        // Whoever wrote it.
        for json in [JSON.null, 3, "x", [:]] { #expect(EndpointSnapshot.all(json).isEmpty) }
        #expect(
            EndpointSnapshot.all([["width": -4, "running": "many"], 7])
                == [EndpointSnapshot](
                    repeating: EndpointSnapshot(
                        provider: "", endpoint: "", width: 0, running: 0, silent: 0, reason: ""), count: 2))
    }
}

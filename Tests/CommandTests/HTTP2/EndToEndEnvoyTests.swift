import Testing

/// Envoy before the mock.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: RealServer.Program.envoy.isHere, "needs envoy"))
struct EndToEndEnvoyTests {
    @Test func answersAreThoseOfARunWithoutAProxy() async throws {
        try await ServerTrial(.envoy).answersAreThoseOfARunWithoutAProxy(connections: 16)
    }

    @Test func aBoundOfTenStreamsIsKept() async throws {
        try await ServerTrial(.envoy) { $0.streams = 10 }.aBoundOfTenStreamsIsKept()
    }

    /// By another process, which takes its sockets over; the first one serves its connections to their end.
    @Test func anUpgradeLosesNothing() async throws {
        try await ServerTrial(.envoy).anUpgradeLosesNothing()
    }

    @Test func streamsThatAreResetGoOn() async throws {
        try await ServerTrial(.envoy).streamsThatAreResetGoOn()
    }

    @Test func largeBodiesArriveWhole() async throws {
        try await ServerTrial.withSecondMock(.envoy) { try await $0.largeBodiesArriveWhole($1, log: $2) }
    }
}

import Testing

/// Caddy before the mock.
///
/// How many streams a connection takes cannot be told to it.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: RealServer.Program.caddy.isHere, "needs caddy"))
struct EndToEndCaddyTests {
    @Test func answersAreThoseOfARunWithoutAProxy() async throws {
        try await ServerTrial(.caddy).answersAreThoseOfARunWithoutAProxy(connections: 16)
    }

    /// It ends some of the streams that it was passing on before their answer was whole.
    @Test func anUpgradeLosesNothing() async throws {
        try await ServerTrial(.caddy).anUpgradeLosesNothing(cuts: true)
    }

    @Test func streamsThatAreResetGoOn() async throws {
        try await ServerTrial(.caddy).streamsThatAreResetGoOn()
    }

    @Test func largeBodiesArriveWhole() async throws {
        try await ServerTrial.withSecondMock(.caddy) { try await $0.largeBodiesArriveWhole($1, log: $2) }
    }
}

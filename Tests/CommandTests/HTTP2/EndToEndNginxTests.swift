import Testing

/// nginx before the mock.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: RealServer.Program.nginx.isHere, "needs nginx"))
struct EndToEndNginxTests {
    @Test func answersAreThoseOfARunWithoutAProxy() async throws {
        try await ServerTrial(.nginx).answersAreThoseOfARunWithoutAProxy(connections: 16)
    }

    @Test func aBoundOfTenStreamsIsKept() async throws {
        try await ServerTrial(.nginx) { $0.streams = 10 }.aBoundOfTenStreamsIsKept()
    }

    /// By a signal, which starts other workers, or by another master.
    @Test(arguments: [false, true])
    func anUpgradeLosesNothing(isBinary: Bool) async throws {
        try await ServerTrial(.nginx).anUpgradeLosesNothing(isBinary: isBinary)
    }

    /// The server ends a connection while requests are on their way on it: those have not been looked at.
    @Test func connectionsThatEndAfterFiftyRequestsCostNoAttempt() async throws {
        let trial = try await ServerTrial(.nginx) { $0.requestsPerConnection = 50 }
        let jobs = (1...2 * ServerTrial.answers).map { Answers.countingJob("j\($0)", to: 20) }
        try trial.expectWhole(try await trial.begin(jobs).ended(), jobs: jobs.count)
        try await trial.end(requests: jobs.count, connections: jobs.count / 50...jobs.count / 2)
    }

    @Test func streamsThatAreResetGoOn() async throws {
        try await ServerTrial(.nginx).streamsThatAreResetGoOn()
    }

    @Test func largeBodiesArriveWhole() async throws {
        try await ServerTrial.withSecondMock(.nginx) { try await $0.largeBodiesArriveWhole($1, log: $2) }
    }
}

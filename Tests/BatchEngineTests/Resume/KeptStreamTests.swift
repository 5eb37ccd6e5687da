import LLMStreaming
import Testing

@testable import BatchEngine

/// What becomes of a stream that its server keeps, once an attempt to read it has failed.
struct KeptStreamTests {
    @Test(arguments: [
        (ErrorKind.cut, KeptStream.kept), (.connect, .kept), (.cancelled, .kept), (.timeoutIdle, .kept),
        (.timeoutFirstToken, .kept), (.decode, .lost(isAlive: true)),
    ])
    func aStreamThatBrokeIsAskedForAgain(kind: ErrorKind, expected: KeptStream) {
        #expect(fate(kind, status: 200, isReplayed: false) == expected)
    }

    @Test(arguments: [ErrorKind.server, .overloaded, .rateLimit])
    func whatTheStreamItselfTellsIsItsEnd(kind: ErrorKind) {
        #expect(fate(kind, status: 200, isReplayed: false) == .lost(isAlive: false))
        #expect(fate(kind, status: 503, isReplayed: true) == .kept)
    }

    @Test func aReplayThatBringsNothingAgainAndAgainIsNotTriedAgain() {
        #expect(fate(.cut, status: 200, isReplayed: true, brings: "") == .kept)
        #expect(fate(.cut, status: 200, isReplayed: true, brings: "", emptyReplays: 1) == .kept)
        #expect(fate(.cut, status: 200, isReplayed: true, brings: "", emptyReplays: 2) == .lost(isAlive: true))
        #expect(fate(.cut, status: 200, isReplayed: true, brings: "more") == .kept)
        #expect(fate(.connect, status: nil, isReplayed: true, brings: "") == .kept)
        #expect(fate(.notFound, status: 404, isReplayed: true, brings: "") == .lost(isAlive: false))
    }

    @Test func aRunThatNeverLeftItsQueueIsGivenUp() {
        #expect(fate(.timeoutFirstToken, status: 200, isReplayed: false, kept: "") == .lost(isAlive: true))
    }

    @Test func aResponseWhoseStreamIsRefusedIsLookedAtWhole() {
        #expect(fate(.invalidRequest, status: 400, isReplayed: true, brings: "", form: .response) == .polled)
        #expect(fate(.invalidRequest, status: 400, isReplayed: true, brings: "") == .lost(isAlive: true))
        #expect(fate(.cut, status: 200, isReplayed: true, brings: "", form: .response, polls: 3) == .kept)
        #expect(
            fate(.cut, status: 200, isReplayed: true, form: .response, polls: KeptStream.maximumPolls)
                == .lost(isAlive: true))
        #expect(
            fate(.invalidRequest, status: 400, isReplayed: true, form: .response, polls: 1) == .lost(isAlive: true))
    }

    private func fate(
        _ kind: ErrorKind, status: Int?, isReplayed: Bool, brings: String = "more", kept: String = "one",
        form: ReplayCursor.Form = .conversation, polls: Int? = nil,
        emptyReplays: Int? = nil
    ) -> KeptStream {
        func answer(_ text: String) -> PartialAnswer {
            PartialAnswer(
                choices: text.isEmpty ? [] : [PartialAnswer.Choice(index: 0, text: text)], contentDeltaCount: 1)
        }
        let error = LLMError(kind, "on purpose")
        var result = StreamResult(outcome: .failed(error), partial: answer(brings))
        result.httpStatus = status
        var partial = StoredPartial(attemptID: 1, answer: answer(kept), seams: [])
        partial.cursor = ReplayCursor(form, id: "c", position: 9)
        partial.pollCount = polls
        partial.emptyReplays = emptyReplays
        return KeptStream(error, result: result, kept: partial, isReplayed: isReplayed)
    }
}

import LLMStreaming
import Testing

@testable import BatchEngine

/// The same answer of a server three times running is no accident.
struct RecentFailureTests {
    private func error(_ message: String, code: String? = "server_error", status: Int = 500) -> LLMError {
        LLMError(.server, message, httpStatus: status, code: code)
    }

    @Test func namesOfRequestsDoNotCount() {
        let earlier = ["a tool fails in request req_81f2", "a tool fails in request req_77aa"].map {
            RecentFailure(httpStatus: 500, code: "server_error", message: $0)
        }
        #expect(error("a tool fails in request req_0c11").equalsInARow(earlier) == 3)
        #expect(error("another tool fails in request req_0c11").equalsInARow(earlier) == 1)
        #expect(error("a tool fails in request req_0c11", code: "other").equalsInARow(earlier) == 1)
        #expect(error("a tool fails in request req_0c11", status: 503).equalsInARow(earlier) == 0)
        #expect(error("a tool fails in request req_0c11", code: nil).equalsInARow(earlier) == 0)
    }

    /// Alone an endpoint may fail whatever it is asked; a job that fails at several is at fault itself.
    @Test(
        arguments: [
            (["a", "a"], "a", 1), (["b", "a"], "a", 3), (["a", "a"], "b", 3), (["a"], "b", 2), (["a"], "a", 1),
            ([], "a", 1), ([nil, nil], "a", 1), ([nil, "b"], "a", 3), (["a", "b"], nil, 3), ([nil, nil], nil, 1),
        ] as [([String?], String?, Int)])
    func inAPoolTheyCountWhereTheyCameFromDifferentEndpoints(earlier: [String?], endpoint: String?, count: Int) {
        let failures = earlier.map {
            RecentFailure(httpStatus: 500, code: "server_error", message: "x", endpoint: $0)
        }
        #expect(error("x").equalsInARow(failures, endpoint: endpoint, isPool: true) == count)
        // Where there is one endpoint, all are of that one.
        #expect(error("x").equalsInARow(failures, endpoint: endpoint) == 1 + earlier.count)
    }

    @Test func otherFailuresOfAnotherEndpointDoNotCount() {
        let other = RecentFailure(httpStatus: 500, code: "server_error", message: "y", endpoint: "b")
        let equal = RecentFailure(httpStatus: 500, code: "server_error", message: "x", endpoint: "a")
        #expect(error("x").equalsInARow([equal, other], endpoint: "a", isPool: true) == 1)
        #expect(error("x", status: 503).equalsInARow([equal], endpoint: "b", isPool: true) == 0)
    }

    @Test func theThirdOfThemEndsTheJobButNotWhileTheProviderIsOut() {
        var circumstances = RetryCircumstances()
        circumstances.equalFailures = 3
        let policy = RetryPolicy()
        #expect(
            policy.decide(error("x"), countedBefore: 2, attempts: 3, circumstances: circumstances, fraction: 0) == .fail
        )
        circumstances.isOutage = true
        #expect(
            policy.decide(error("x"), countedBefore: 4, attempts: 9, circumstances: circumstances, fraction: 0)
                == .retry(after: .zero, costs: .nothing))
    }
}

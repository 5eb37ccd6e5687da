/// How large the measurements are: the goals' own sizes, or small ones that only show that all of it works.
struct GoalScale {
    var isSmoke: Bool
    var rounds: Int
    var seconds: Double

    var streams: Int { isSmoke ? 20 : 1_000 }
    var manyStreams: Int { isSmoke ? 100 : 10_000 }
    var promptStreams: Int { isSmoke ? 30 : 1_400 }
    /// openai-python saturates a core with more.
    var slowStreams: Int { isSmoke ? 10 : 100 }
    var fewJobs: Int { isSmoke ? 100 : 1_000 }
    var manyJobs: Int { isSmoke ? 2_000 : 1_000_000 }
    var finishedJobs: Int { isSmoke ? 500 : 100_000 }
    var manyChunks: Int { isSmoke ? 200_000 : 10_000_000 }
}

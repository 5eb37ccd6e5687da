/// A place in the order of a file's jobs.
struct InputPosition: Sendable, Equatable {
    var line: Int
    var jobID: Int64
}

/// Some jobs in the order of their input.
package struct ResultPage: Sendable, Equatable {
    /// Where the next page begins.
    package struct Cursor: Sendable, Equatable {
        /// The files that are left, the current one first.
        var sources: [String]
        /// The line and number of the job before; the line is nil among those that the file no longer has, which come
        /// last.
        var line: Int?
        var jobID: Int64

        /// The beginning of a file.
        init(sources: [String]) {
            self.sources = sources
            line = 0
            jobID = 0
        }
    }

    package var results: [JobResult]
    /// Nil for the last page.
    ///
    /// A page before it may be empty.
    package var next: Cursor?
}

package import BatchEngine

/// The jobs of lines that an earlier run made one job of, when each line now has several samples (Contract, "Samples").
extension BatchReader {
    /// The same jobs, with the first sample of a line as that job where it is stored: `ID` instead of `ID#1`.
    ///
    /// Where `ID#1` is stored too, both stay.
    package func namingFirstSamples(_ jobs: [NewJob]) throws(StoreError) -> [NewJob] {
        let places = jobs.indices.filter { jobs[$0].sample == 1 && Self.base(of: jobs[$0]) != nil }
        guard !places.isEmpty, try hasIDIndex() else { return jobs }
        let known = try existing(customIDs: places.map { jobs[$0].customID })
        let bases = try existing(customIDs: places.map { Self.base(of: jobs[$0]) ?? "" })
        var named = jobs
        for (index, place) in places.enumerated() where known[index] == nil && bases[index] != nil {
            named[place].customID = Self.base(of: jobs[place]) ?? jobs[place].customID
            named[place].sample = nil
        }
        return named
    }

    /// The id of the line of a first sample; nil where it has another form.
    private static func base(of job: NewJob) -> String? {
        let ending = "#1".utf8
        guard job.customID.utf8.suffix(ending.count).elementsEqual(ending) else { return nil }
        return String(decoding: job.customID.utf8.dropLast(ending.count), as: UTF8.self)
    }

    /// Whether ids can be looked up: while a new file is loaded they cannot, and nothing was stored before it.
    private func hasIDIndex() throws(StoreError) -> Bool {
        try read { (connection) throws(SQLiteFailure) in try !IDIndex.isMissing(connection) }
    }
}

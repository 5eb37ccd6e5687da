package import LLMStreaming

/// The samples of a job: `--samples K` runs each job K times, under ids and seeds of their own.
package struct JobSamples: Sendable, Equatable {
    /// How many there are of each job, at least 1.
    package let count: Int

    /// - Parameter count: from 1.
    package init?(_ count: Int) {
        guard count >= 1 else { return nil }
        self.count = count
    }

    /// The id of a sample.
    ///
    /// The only one has the job's own: where that is stored it counts as the first.
    ///
    /// - Parameters:
    ///   - number: from 1 to `count`.
    ///   - id: the job's own, given or derived from its request as it stands.
    package func id(_ number: Int, of id: String) -> String { count == 1 ? id : "\(id)#\(number)" }

    /// The id of the job that a sample's id is of; nil where it is that of no sample.
    package func base(of id: String) -> String? {
        if count == 1 { return id }
        guard let sign = id.utf8.lastIndex(of: UInt8(ascii: "#")) else { return nil }
        let digits = id[id.utf8.index(after: sign)...]
        // `#02` and `#+2` are no samples' ends.
        guard let number = Int(digits), (1...count).contains(number), String(number) == digits else { return nil }
        return String(id[..<sign])
    }

    /// The request of a sample: its `seed`, where the job sets one, is as it stands for the first and one more for each
    /// further one.
    ///
    /// - Parameters:
    ///   - request: the members of a job line or of a stored request, of any shape.
    ///   - number: from 1.
    /// - Returns: the members with that seed; nil where it is so large that one more has no number.
    package static func request(_ request: JSONObject, sample number: Int) -> JSONObject? {
        guard number > 1 else { return request }
        var request = request
        for (place, names) in seedPlaces {
            guard var object = request[place]?.object else { continue }
            for name in names {
                // What is no whole number is told by the reader of the line, or by the provider.
                guard let seed = object[name]?.int else { continue }
                let (sum, isOver) = seed.addingReportingOverflow(number - 1)
                if isOver { return nil }
                object[name] = .int(sum)
            }
            request[place] = .object(object)
        }
        return request
    }

    /// Where a seed may stand: among our options, in a body or among what is merged into one (Mistral's name of it is
    /// `random_seed`).
    private static let seedPlaces: [(place: String, names: [String])] = [
        ("options", ["seed"]), ("body", ["seed", "random_seed"]), ("extra_body", ["seed", "random_seed"]),
    ]
}

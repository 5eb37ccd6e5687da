package import BatchEngine
package import BatchStore
package import LLMStreaming

/// Jobs that are stored already, for runs without an input: all of a database, or those of some ids.
package struct StoredJobs: Sendable {
    /// Their numbers in the database; nil for all.
    package let ids: [Int64]?
    /// The models that they may ask.
    package let models: [ModelName]

    /// Looks them up.
    ///
    /// - Parameters:
    ///   - customIDs: the ids that the user named; nil for all jobs.
    ///   - revived: whether failed ones will be run too: they are not in the queue yet.
    ///   - reader: of the database.
    ///   - path: the database as the user named it.
    /// - Throws: `BatchError` of kind `input` for an id that there is not, `StoreError` where nothing can be read.
    package init(
        _ customIDs: [String]?, revived: Bool, from reader: BatchReader, named path: String
    ) async throws {
        var ids: [Int64] = []
        for customID in customIDs ?? [] {
            guard let job = try await reader.job(customID: customID) else {
                throw BatchError(.input, "\(path) has no job '\(customID)'")
            }
            ids.append(job.id)
        }
        self.ids = customIDs == nil ? nil : ids
        models = try await reader.models(in: self.ids.map(JobScope.jobs) ?? .all, revived: revived)
    }

    package var scope: JobScope { ids.map(JobScope.jobs) ?? .all }

    /// The providers that they name, sorted.
    package var providers: [String] { Set(models.map(\.provider)).sorted() }

    /// Checks that the way of going on from partial text that the user chose can be had.
    package func check(_ options: BatchOptions, _ catalog: ProviderCatalog) throws(ConfigurationError) {
        let fault = models.lazy.compactMap { name in
            catalog[name.provider].flatMap { options.resumePolicy.fault(at: $0, model: name.model) }
        }.first
        if let fault { throw ConfigurationError("--resume: \(fault)") }
    }
}

import BatchStore
import Testing

@Suite struct JobStoreConformanceTests {
    @Test(arguments: JobStoreConformance.all)
    func sqliteKeepsToTheProtocol(_ conformance: JobStoreConformance) async throws {
        let store = try await TestStore(jobs: JobStoreConformance.jobs)
        try await conformance.check(store.queue)
        try await store.database.close()
    }
}

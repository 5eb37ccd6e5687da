import BatchEngine
package import BatchStore

extension BatchOptions {
    /// How often a run may publish.
    package static let publishingIntervals: ClosedRange<Duration> = .milliseconds(100) ... .seconds(86_400)

    /// Refuses a shared folder that cannot be meant.
    func checkSharing() throws(BatchError) {
        if sharedFolder?.isEmpty == true { throw BatchError(.configuration, "sharedFolder is empty") }
        guard Self.publishingIntervals.contains(publishingInterval) else {
            throw BatchError(.configuration, "publishingInterval must be from 100 ms to a day")
        }
        if sharedFolder != nil, share != 1 {
            throw BatchError(
                .configuration, "share and sharedFolder: the workers that live in a shared folder have equal shares")
        }
    }

    /// How long after a sign of life in the shared folder the next one comes: others then know soon who has gone.
    var heartbeatInterval: Duration { min(publishingInterval, .seconds(30)) }
}

extension SharedFolderFault {
    /// The same as an error of a run: what another attempt would find too is one of its configuration.
    package var batchError: BatchError { BatchError(isInput ? .configuration : .database, "--shared \(description)") }
}

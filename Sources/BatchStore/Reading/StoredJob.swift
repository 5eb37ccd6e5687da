package import BatchEngine

/// What is stored under an id, and how far it is.
package struct StoredJob: Sendable, Equatable {
    package var identity: StoredIdentity
    package var status: JobStatus

    package init(identity: StoredIdentity, status: JobStatus) {
        self.identity = identity
        self.status = status
    }
}

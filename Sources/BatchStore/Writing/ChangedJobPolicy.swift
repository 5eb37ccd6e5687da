/// What becomes of a job whose id is stored with another request (`--on-changed`, SPEC 3).
package enum ChangedJobPolicy: String, Sendable, CaseIterable {
    /// It is an input error.
    case error
    /// Its answer is deleted and the new request runs; its attempts stay, their text is not used.
    case replace
    /// The stored request stays.
    case keep
}

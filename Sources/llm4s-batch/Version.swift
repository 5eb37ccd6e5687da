import CBuildCommit

/// Which program this is.
enum Version {
    static let number = "0.1.0"

    /// The number with the commit that it was built from, where that is known: `0.1.0 (1a2b3c4d5e6f)`.
    static let text: String = {
        let commit = unsafe String(cString: build_commit())
        return commit.isEmpty ? number : "\(number) (\(commit.prefix(12)))"
    }()
}

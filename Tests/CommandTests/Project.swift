import Foundation

/// The checkout that the tests were built from.
enum Project {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func swiftFiles(below path: String) throws -> [URL] {
        let folder = root.appending(path: path)
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return names.filter { $0.hasSuffix(".swift") }.map { folder.appending(path: $0) }
    }

    /// How often heavy tests try: a factor from the environment, 1 in CI.
    static let trials = ProcessInfo.processInfo.environment["LLM4S_TRIALS"].flatMap { Int($0) } ?? 1

    /// How large a test is: as the environment says, which is how the contract's size is tried by hand, else small.
    static func size(_ name: String, _ small: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? small
    }

    /// The seed of random tests: fixed, so that a failure can be repeated, or as the environment says.
    static let seed = ProcessInfo.processInfo.environment["LLM4S_SEED"].flatMap { UInt64($0) } ?? 1
}

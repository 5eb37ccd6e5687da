package import Foundation

/// The developers' folder of recorded streams and real servers, which is no part of this project: tests that need it are
/// skipped where it is missing.
///
/// LLM4S_SHARED is its path, or nothing for the tests as a user has them; without that variable it is `../shared`.
package enum SharedMaterial {
    /// Why a test is skipped.
    package static let absence = "needs the developers' material in ../shared (LLM4S_SHARED)"

    /// The folder; nil where there is none.
    private static let folder: URL? = {
        let named = ProcessInfo.processInfo.environment["LLM4S_SHARED"]
        if let named { return named.isEmpty ? nil : URL(filePath: named) }
        let project = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return project.deletingLastPathComponent().appending(path: "shared")
    }()

    /// A file or folder in it; nil where it is not there.
    package static func item(_ path: String) -> URL? {
        guard let item = folder?.appending(path: path) else { return nil }
        return FileManager.default.fileExists(atPath: item.path) ? item : nil
    }

    /// The recorded streams; nil where they are not there.
    package static let fixtures = item("fixtures")
}

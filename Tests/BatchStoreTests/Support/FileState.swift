import Foundation

/// What a file is, byte for byte, and when it was last changed.
struct FileState: Equatable {
    var bytes: Data
    var modified: Date?

    init(_ path: String) throws {
        bytes = try Data(contentsOf: URL(filePath: path))
        modified = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
}

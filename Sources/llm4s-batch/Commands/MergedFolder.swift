import BatchEngine
import BatchStore
import SystemCalls

/// A folder of parts that is merged (Contract, "Shared folders").
struct MergedFolder {
    private let folder: SharedFolder
    private let cover: PartCover

    /// Tells folders and databases apart.
    ///
    /// - Throws: `StoreError` for a folder that holds no parts, or cannot be listed.
    static func apart(_ names: [String]) throws(StoreError) -> (files: [String], folders: [MergedFolder]) {
        var files: [String] = []
        var folders: [MergedFolder] = []
        for name in names {
            var status = stat()
            let isFolder = unsafe stat(name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            if isFolder { folders.append(try MergedFolder(name)) } else { files.append(name) }
        }
        return (files, folders)
    }

    private init(_ name: String) throws(StoreError) {
        folder = SharedFolder(name)
        do throws(SharedFolderFault) { cover = PartCover(try folder.list().parts) } catch {
            throw StoreError(.io, path: name, reason: error.reason)
        }
        if cover.isEmpty {
            throw StoreError(.notOurs, path: name, reason: "it is a folder, and no run has published parts in it")
        }
    }

    /// Takes its parts; those that cannot be used are told.
    ///
    /// - Returns: how many were taken.
    func merge(into database: BatchDatabase) async throws -> Int {
        let (taken, conflict) = try await database.merge(cover, in: folder)
        for text in taken.passedOver { Console.log(.warning, text) }
        if let (part, conflict) = conflict {
            let path = "\(folder.path)/\(part.text)"
            throw Exit(
                .input,
                conflict.words(in: path, than: database.path)
                    + "; nothing of that part was taken, nor of those behind it")
        }
        return taken.parts
    }
}

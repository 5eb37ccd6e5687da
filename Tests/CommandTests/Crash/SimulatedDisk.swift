import Foundation

/// A disk that has been told a record, and may lose its power at any moment.
///
/// What a sync of a file has covered stays. Of what was written or cut since, anything may be there or not, in sectors; so
/// may the names that were made or taken away since the folder was last synced, in their order, as a journalling file
/// system keeps them. That is more than ext4 with `data=ordered` may lose, where a sync of any file brings all names to
/// the disk.
struct SimulatedDisk {
    /// What a power loss leaves of that which was not synced.
    enum Loss: CaseIterable {
        /// Nothing.
        case nothingStays
        /// All of it.
        case everythingStays
        /// A beginning of it, in the order of the calls; the last write in part.
        case beginningStays
        /// Any of it, in sectors of 512 bytes.
        case smallSectors
        /// Any of it, in sectors of 4,096 bytes.
        case largeSectors
    }

    private enum Change {
        case write(offset: Int, bytes: Data)
        case cut(size: Int)
    }

    /// A file, under whatever name.
    private struct Inode {
        var synced = Data()
        var pending: [(turn: Int, change: Change)] = []
    }

    private var inodes: [Inode] = []
    private var names: [DiskRecord.File: Int] = [:]
    private var syncedNames: [DiskRecord.File: Int] = [:]
    private var pendingNames: [(turn: Int, file: DiskRecord.File, inode: Int?)] = []
    private var turn = 0

    /// A disk that was told these records.
    init(_ records: some Sequence<DiskRecord>) { for record in records { apply(record) } }

    private mutating func apply(_ record: DiskRecord) {
        turn += 1
        let inode = names[record.file]
        switch record.kind {
        case .look, .told: break
        case .create:
            inodes.append(Inode())
            rename(record.file, to: inodes.count - 1)
        case .unlink: rename(record.file, to: nil)
        case .write:
            if let inode { inodes[inode].pending.append((turn, .write(offset: record.offset, bytes: record.bytes))) }
        case .truncate:
            if let inode { inodes[inode].pending.append((turn, .cut(size: record.offset))) }
        case .sync where record.file == .folder:
            syncedNames = names
            pendingNames = []
        case .sync:
            guard let inode else { break }
            for (_, change) in inodes[inode].pending { Self.make(change, in: &inodes[inode].synced) }
            inodes[inode].pending = []
        }
    }

    private mutating func rename(_ file: DiskRecord.File, to inode: Int?) {
        names[file] = inode
        pendingNames.append((turn, file, inode))
    }

    private static func make(_ change: Change, in bytes: inout Data) {
        switch change {
        case .write(let offset, let written):
            if bytes.count < offset + written.count { bytes.count = offset + written.count }
            bytes.replaceSubrange(offset..<offset + written.count, with: written)
        case .cut(let size): bytes.count = size
        }
    }

    /// The files that are there when the power has come back.
    func files(after loss: Loss, using chance: inout Chance) -> [DiskRecord.File: Data] {
        // Where the beginning ends that stays; scattered names end by chance too, since their order is kept.
        let turns = (inodes.flatMap { $0.pending.map(\.turn) } + pendingNames.map(\.turn)).sorted()
        let end = turns.randomElement(using: &chance) ?? 0
        let lastName =
            switch loss {
            case .nothingStays: 0
            case .everythingStays: turn
            case .beginningStays, .smallSectors, .largeSectors: end
            }
        let probability = [0.1, 0.5, 0.9].randomElement(using: &chance) ?? 0.5
        var found = syncedNames
        for (turn, file, inode) in pendingNames where turn <= lastName { found[file] = inode }
        return found.mapValues { inode in
            var bytes = inodes[inode].synced
            for (turn, change) in inodes[inode].pending {
                let parts =
                    switch loss {
                    case .nothingStays: [Change]()
                    case .everythingStays: [change]
                    case .beginningStays:
                        turn < end ? [change] : turn > end ? [] : Self.parts(of: change, 512, probability, &chance)
                    case .smallSectors: Self.parts(of: change, 512, probability, &chance)
                    case .largeSectors: Self.parts(of: change, 4_096, probability, &chance)
                    }
                for part in parts { Self.make(part, in: &bytes) }
            }
            return bytes
        }
    }

    /// The sectors of a write that reach the disk, each by chance; a cut does or does not.
    private static func parts(
        of change: Change, _ sector: Int, _ probability: Double, _ chance: inout Chance
    ) -> [Change] {
        guard case .write(let offset, let bytes) = change else {
            return Double.random(in: 0..<1, using: &chance) < probability ? [change] : []
        }
        var parts: [Change] = []
        var start = offset
        while start < offset + bytes.count {
            let end = min((start / sector + 1) * sector, offset + bytes.count)
            if Double.random(in: 0..<1, using: &chance) < probability {
                parts.append(.write(offset: start, bytes: bytes.subdata(in: start - offset..<end - offset)))
            }
            start = end
        }
        return parts
    }
}

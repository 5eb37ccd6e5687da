import Foundation

/// One call of a run on its database's files, or what it told in between, as the shim recorded it.
struct DiskRecord {
    /// The numbers are the shim's.
    enum Kind: UInt32 { case look, create, write, truncate, sync, unlink, told }
    enum File: UInt32, CaseIterable {
        case none, main, journal, wal, index, lock, folder

        /// What stands behind the database's name.
        var ending: String { ["", "", "-journal", "-wal", "-shm", ".lock", ""][Int(rawValue)] }
    }

    var kind: Kind
    var file: File
    /// Where a write began; the size that a file was cut to.
    var offset: Int
    /// What was written, or told.
    var bytes: Data

    /// Whether it was a call, which the shim counts.
    var isCall: Bool { kind != .told }
    /// Whether it was a call that a death before it makes a difference to.
    var isChange: Bool { isCall && kind != .look }

    /// Reads a record; an entry that a death cut off at its end is left out.
    static func read(_ path: String) throws -> [DiskRecord] {
        let data = try Data(contentsOf: URL(filePath: path))
        var records: [DiskRecord] = []
        var position = 0
        func number(_ count: Int) -> UInt64 {
            defer { position += count }
            return (0..<count).reduce(0) { $0 | UInt64(data[position + $1]) << (8 * UInt64($1)) }
        }
        while position + 24 <= data.count {
            guard let kind = Kind(rawValue: UInt32(number(4))), let file = File(rawValue: UInt32(number(4))) else {
                throw SQLite.Fault(description: "the record is damaged at byte \(position)")
            }
            let (offset, count) = (Int(number(8)), Int(number(8)))
            let hasBytes = kind == .write || kind == .told
            guard !hasBytes || position + count <= data.count else { break }
            let bytes = hasBytes ? data.subdata(in: position..<position + count) : Data()
            position += bytes.count
            records.append(DiskRecord(kind: kind, file: file, offset: offset, bytes: bytes))
        }
        return records
    }

    /// The jobs that were told to be completed in a part of a record.
    static func told(in records: some Sequence<DiskRecord>) -> Set<String> {
        let bytes = records.reduce(into: Data()) { if $1.kind == .told { $0 += $1.bytes } }
        return CrashRun.told(in: String(decoding: bytes, as: UTF8.self))
    }
}

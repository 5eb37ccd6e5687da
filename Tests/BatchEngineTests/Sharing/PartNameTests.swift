import Testing

@testable import BatchEngine

/// Names of files in a shared folder (Contract, "Shared folders").
struct PartNameTests {
    private static let name =
        "part.003-of-064.9f3c2a1b5d7e8f60.17-24.40960.0a1b2c3d4e5f60718293a4b5c6d7e8f9.db"

    @Test func aNameSaysAllThatAReaderMustKnow() throws {
        let part = try #require(PartName(Self.name))
        #expect(part.shard == JobShard(3, of: 64) && part.worker.text == "9f3c2a1b5d7e8f60")
        #expect(part.numbers == 17...24 && part.bytes == 40960)
        #expect(part.checksum == "0a1b2c3d4e5f60718293a4b5c6d7e8f9")
        #expect(part.text == Self.name)
        let whole = PartName(
            shard: .whole, worker: WorkerName(number: 255), numbers: 1...1, bytes: 1,
            checksum: String(repeating: "f", count: 32))
        #expect(whole.text == "part.000-of-001.00000000000000ff.1-1.1.\(String(repeating: "f", count: 32)).db")
        #expect(PartName(whole.text) == whole)
    }

    /// Another spelling would be a second file with the same content.
    @Test(arguments: [
        "", "part", ".", "part.db", "jobs.db", "part.003-of-064.9f3c2a1b5d7e8f60.17-24.40960.db",
        name + ".tmp", "." + name, name.uppercased(), name.replacing("17-24", with: "24-17"),
        name.replacing("17-24", with: "0-24"), name.replacing("17-24", with: "017-24"),
        name.replacing("17-24", with: "17"), name.replacing("003-of", with: "3-of"),
        name.replacing("003-of", with: "064-of"), name.replacing("003-of", with: "-03-of"),
        name.replacing("40960", with: "0"), name.replacing("40960", with: "9223372036854775807"),
        name.replacing("17-24", with: "17-9223372036854775807"),
        name.replacing("17-24", with: "9223372036854775807-9223372036854775807"),
        name.replacing("40960", with: "-1"), name.replacing("40960", with: "99999999999999999999"),
        name.replacing("9f3c", with: "9F3C"), name.replacing("9f3c", with: "9f3"),
        name.replacing("0a1b", with: "0a1g"), name.replacing("0a1b", with: "0a1"), name.replacing("0a1b", with: "0a1é"),
    ])
    func anythingElseIsNoPart(text: String) {
        #expect(PartName(text) == nil)
    }

    @Test(arguments: [
        ((5, 64), (5, 64), true), ((5, 64), (6, 64), false), ((5, 64), (5, 32), true), ((37, 64), (5, 32), true),
        ((38, 64), (5, 32), false), ((0, 1), (5, 32), true), ((5, 32), (0, 1), true), ((1, 4), (3, 6), true),
        ((1, 4), (2, 6), false), ((1, 3), (0, 2), true),
    ])
    func aPartOfAnotherNumberOfShardsIsReadWhereItMayHoldJobs(part: (Int, Int), own: (Int, Int), isRead: Bool) throws {
        let shard = try #require(JobShard(part.0, of: part.1))
        let name = PartName(shard: shard, worker: .random(), numbers: 1...1, bytes: 1, checksum: "")
        let other = try #require(JobShard(own.0, of: own.1))
        #expect(name.mayHoldJobs(of: other) == isRead)
        // The ids themselves say the same.
        let ids = (0..<5000).map { "job-\($0)" }
        #expect(ids.contains { shard.contains($0) && other.contains($0) } == isRead)
    }

    @Test func aSignOfLifeIsAName() throws {
        let worker = WorkerName(number: 0x9f3c_2a1b_5d7e_8f60)
        let alive = Heartbeat(worker: worker, .alive(number: 17, interval: .seconds(30)))
        #expect(alive.text == "alive.9f3c2a1b5d7e8f60.30000.17" && Heartbeat(alive.text) == alive)
        let ended = Heartbeat(worker: worker, .ended)
        #expect(ended.text == "ended.9f3c2a1b5d7e8f60" && Heartbeat(ended.text) == ended)
        for text in [
            "alive", "alive.9f3c2a1b5d7e8f60", "alive.9f3c2a1b5d7e8f60.0.1", "alive.9f3c2a1b5d7e8f60.86400001.1",
            "alive.9f3c2a1b5d7e8f60.30000.-1", "alive.9f3c2a1b5d7e8f6.30000.1", "ended.9f3c2a1b5d7e8f60.1", "ended.",
            "alive.9f3c2a1b5d7e8f60.30000.99999999999999999999", Self.name,
        ] {
            #expect(Heartbeat(text) == nil, "\(text)")
        }
    }

    @Test func bytesInPiecesHaveTheHashOfTheWhole() {
        let bytes = [UInt8]("The quick brown fox jumps over the lazy dog".utf8)
        for cut in 0...bytes.count {
            var hash = ByteHash()
            hash.append(bytes[..<cut])
            hash.append(bytes[cut...])
            #expect(hash.hexadecimal() == "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592")
        }
    }
}

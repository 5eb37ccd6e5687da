import Foundation
import Testing

/// A run between two pipes, as an engine has it: jobs go in line by line, and results come out.
final class PipedRun {
    let process: BatchProcess
    /// Linux's F_SETPIPE_SZ, which Swift does not see.
    private static let setPipeSize: Int32 = 1031
    private let directory: TemporaryDirectory
    private var writer: FileHandle?
    private var reader: FileHandle?
    /// What was read and is no whole line yet.
    private var rest: [UInt8] = []

    /// Starts `run - --output -`.
    ///
    /// - Parameters:
    ///   - arguments: what follows.
    ///   - baseURL: of the mock.
    ///   - pipeBytes: what the pipe of the results holds; the system's own size where nil.
    convenience init(_ arguments: [String], baseURL: String, pipeBytes: Int? = nil) throws {
        try self.init(
            BatchProcess.binary, ["run", "-", "--output", "-"] + arguments, ["MOCK_BASE_URL": baseURL],
            pipeBytes: pipeBytes)
    }

    /// Starts a script of bash that does so.
    convenience init(script: String, _ arguments: [String], environment: [String: String]) throws {
        try self.init(URL(filePath: "/usr/bin/env"), ["bash", script] + arguments, environment, pipeBytes: nil)
    }

    private init(_ program: URL, _ arguments: [String], _ environment: [String: String], pipeBytes: Int?) throws {
        directory = try TemporaryDirectory()
        let (input, output) = (directory.path("input"), directory.path("output"))
        for pipe in [input, output] {
            let made = unsafe mkfifo(pipe, 0o600)
            try #require(made == 0)
        }
        // Without waiting for the other end; this one writes as long as nobody reads, and its end is the input's.
        let writing = try #require(FileHandle(forUpdatingAtPath: input))
        writer = writing
        let opened = unsafe open(output, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(opened >= 0)
        reader = FileHandle(fileDescriptor: opened, closeOnDealloc: true)
        #if os(Linux)
            if let pipeBytes {
                let size = fcntl(opened, Self.setPipeSize, Int32(pipeBytes))
                try #require(size >= 0)
            }
        #endif
        process = try BatchProcess(
            arguments, environment: environment,
            launcher: [
                "/bin/sh", "-c", #"exec < "$1" > "$2"; echo both are open >&2; shift 2; exec "$@""#, "-", input, output,
            ], program: program)
    }

    /// Writes job lines.
    func give(_ lines: String...) throws { try give(lines) }

    func give(_ lines: [String]) throws {
        try writer?.write(contentsOf: Data(lines.map { $0 + "\n" }.joined().utf8))
    }

    /// Ends the input.
    func endInput() async throws {
        // A pipe that nobody has opened for reading loses what was written when its only end is closed.
        try await process.wait { process.errorSoFar.contains("both are open") }
        try writer?.close()
        writer = nil
    }

    /// Reads no more: the other end finds that nobody does.
    func closeReader() throws {
        try reader?.close()
        reader = nil
    }

    /// The next result, as soon as it is there; nil at the end.
    func next() async throws -> Result? {
        while true {
            if let end = rest.firstIndex(of: 0x0A) {
                defer { rest.removeSubrange(...end) }
                return try Result(rest[..<end])
            }
            guard let reader else { return nil }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe read(reader.fileDescriptor, &bytes, bytes.count)
            if count > 0 {
                rest += bytes[..<count]
            } else if count == 0, !process.isRunning {
                try #require(rest.isEmpty, "a torn line: \(String(decoding: rest, as: UTF8.self))")
                return nil
            } else {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// All results that are still to come.
    func all() async throws -> [Result] {
        var results: [Result] = []
        while let result = try await next() { results.append(result) }
        return results
    }

    /// A line of the output.
    struct Result {
        var text: String
        private let object: [String: Any]

        init(_ line: ArraySlice<UInt8>) throws {
            text = String(decoding: line, as: UTF8.self)
            object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any], "\(text)")
        }

        var id: String? { object["id"] as? String }
        var status: String? { object["status"] as? String }
        var content: String? { object["content"] as? String }
        var line: Int? { object["line"] as? Int }
        var error: [String: Any]? { object["error"] as? [String: Any] }
        var members: Set<String> { Set(object.keys) }
    }
}

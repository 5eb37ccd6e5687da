import Foundation

@testable import BatchStore

/// The database that others write in: an answer of one piece, a joined one, a job that failed, one that waits and one
/// that is new.
///
/// Its file is kept in memory, so that no folder is left behind but of an input that ended the process.
enum RowsDatabase {
    private static let file: Data = {
        do {
            let folder = try newFolder()
            defer { try? FileManager.default.removeItem(at: folder) }
            let path = folder.appending(path: "a.db")
            guard FileManager.default.createFile(atPath: path.path, contents: nil) else {
                throw CocoaError(.fileWriteUnknown)
            }
            try fill(path.path)
            return try Data(contentsOf: path)
        } catch {
            preconditionFailure("the template cannot be made: \(error)")
        }
    }()

    /// The file is whole once its connection is closed.
    private static func fill(_ path: String) throws {
        let connection = try Connection(path: path, access: .writing)
        try connection.run(BatchSchema.sql)
        try connection.run(rows)
    }

    /// Writes it into a folder.
    ///
    /// - Returns: its path.
    static func copy(to folder: URL) throws -> String {
        let path = folder.appending(path: "a.db")
        try file.write(to: path)
        return path.path
    }

    /// An empty folder, in memory where the system has room for files there.
    static func newFolder() throws -> URL {
        let memory = URL(filePath: "/dev/shm")
        let root =
            FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
        let folder = root.appending(path: "llm4s-fuzz-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    private static let rows = """
        INSERT INTO runs VALUES (1, 1789999990000, 1789999999000, 'finished', 0, NULL, 'run', '{}', '1', 'host', 7, NULL);
        INSERT INTO run_seconds VALUES (1, 1789999991, 5, 5, 1, 0, 1, 0, NULL), (1, 1789999992, 5, 5, 1, 0, 1, 0, NULL);
        INSERT INTO jobs (job_id, custom_id, source, line, provider, model, request_sha256, status, attempts, not_before_ms,
            error_kind, error, created_ms, updated_ms) VALUES
            (1, 'a', 'a.jsonl', 1, 'openai', 'm', 'aa', 'completed', 1, NULL, NULL, NULL, 1789999990000, 1789999990000),
            (2, 'b', 'a.jsonl', 2, 'openai', 'm', 'bb', 'completed', 2, NULL, NULL, NULL, 1789999990000, 1789999990000),
            (3, 'c', 'a.jsonl', 3, 'mistral', 'm', 'cc', 'interrupted', 1, 1789999995000, 'cut', 'cut', 1789999990000, 0),
            (4, 'd', 'a.jsonl', 4, 'openai', 'm', 'dd', 'failed', 5, NULL, 'server', 'HTTP 500', 1789999990000, 0),
            (5, 'e', 'a.jsonl', NULL, 'mistral', 'm', 'ee', 'pending', 0, NULL, NULL, NULL, 1789999990000, 0);
        INSERT INTO requests SELECT job_id, '{"k":1}', '{"prompt":"Say it."}', '{"max_chars":99}' FROM jobs;
        INSERT INTO attempts VALUES
            (1, 1, 1, 1, 1, 'http://a:1/v1', 'aa', NULL, NULL, NULL, NULL, NULL, NULL, 1789999990000, 10, 20, 30, 'completed', 'stop',
                200, NULL, NULL, NULL, NULL, 'q', 'r1', 1, 2, 2, '{"8":1}', 3, 2, 'provider', 0.5, 'default', NULL),
            (2, 2, 1, 1, 1, 'http://a:1/v1', 'bb', NULL, NULL, NULL, NULL, NULL, NULL, 1789999990000, 10, 20, 30, 'interrupted',
                NULL, 200, 'cut', 'cut', NULL, 500, 'q', 'r2', 3, 3, 1, '{"8":1}', 3, 2, 'estimate', 0.5, NULL,
                '{"choices":[{"choice":0,"text":"Once upon"}],"content_deltas":2,"tokens":2,"furthest":9,
                "seams":[{"attempt_id":2,"choice":0,"start":0,"kept":9,"restored":""}]}'),
            (3, 2, 2, 1, 1, 'http://b:1/v1#K', 'bb', 2, 'prefill', 4, 'why', '["a note"]', 0, 1789999991000, 10, 20, 30,
                'completed', 'stop', 200, NULL, NULL, NULL, NULL, 'q', 'r3', 4, 5, 2, NULL, 9, 2, 'mixed', 0.25, NULL, NULL),
            (4, 3, 1, 1, 1, NULL, 'cc', NULL, NULL, NULL, NULL, NULL, NULL, 1789999991000, 10, 20, 30, 'interrupted', NULL,
                200, 'cut', 'cut', NULL, NULL, 'q', 'r4', 6, 7, 2, '{"8":1}', 3, 2, 'estimate', NULL, NULL,
                '{"choices":[{"choice":0,"text":"Once upon a time"}],"content_deltas":2,"tokens":4,"furthest":16,
                "seams":[{"attempt_id":4,"choice":0,"start":0,"kept":16,"restored":""}]}'),
            (5, 4, 1, 1, 1, 'http://b:1/v1#K', 'dd', NULL, NULL, NULL, NULL, NULL, NULL, 1789999991000, 10, NULL, 30, 'failed',
                NULL, 500, 'server', 'HTTP 500', 'x', NULL, 'q', NULL, NULL, NULL, 0, NULL, NULL, NULL, 'none', NULL, NULL, NULL);
        INSERT INTO chunks VALUES
            (1, 1, 0, 20, 'text', 0, 0, 'Hi'), (2, 1, 1, 25, 'finish', 0, 0, 'stop'), (3, 2, 0, 20, 'text', 0, 0, 'Once upon'),
            (4, 3, 0, 20, 'text', 0, 0, ' upon a time'), (5, 3, 1, 25, 'finish', 0, 0, 'stop'),
            (6, 4, 0, 20, 'text', 0, 0, 'Once upon'), (7, 4, 1, 25, 'text', 0, 0, ' a time');
        INSERT INTO completions VALUES
            (1, 0, 1, 1789999990000, 'm', 'r1', 'stop', 'stop', 3, 2, 5, 0, 0, 0, 'provider', 3, 2, 0.5, 20, 30, 2, 1,
                '[{"attempt_id":1,"choice":0,"start":0,"kept":2,"restored":""}]', 'ok', NULL, NULL, '{"prompt_tokens":3}', NULL,
                'Hi', NULL, NULL, '{"role":"assistant","content":"Hi"}'),
            (2, 0, 3, 1789999991000, 'm', 'r3', 'stop', 'stop', 3, 4, 7, 0, 0, 0, 'mixed', 12, 4, 0.75, 20, 60, 3, 2,
                '[{"attempt_id":2,"choice":0,"start":0,"kept":4,"restored":"","endpoint":"http://a:1/v1"},
                {"attempt_id":3,"choice":0,"start":0,"kept":12,"restored":"","endpoint":"http://b:1/v1#K"}]', 'mended',
                '{"mended":["a code fence"]}', NULL,
                '{"prompt_tokens":9}', NULL,
                'Once upon a time', NULL, NULL, '{"role":"assistant","content":"Once upon a time"}');
        """
}

import Foundation

/// OpenAI's and Anthropic's own Python packages, which say whether what we export is what their users read.
///
/// They are installed once, into a virtual environment in the user's cache directory.
enum OfficialPythonSDKs {
    /// The interpreter that has them; nil where they are not there and cannot be installed.
    static func interpreter() async -> String? { await found.value }

    private static let found = Task { () -> String? in
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/tmp")/.cache"
        let folder = "\(cache)/llm4s-batch/python"
        let python = "\(folder)/bin/python"
        if await succeeds(python, "-c", "import openai, anthropic") { return python }
        guard await succeeds("python3", "-m", "venv", folder),
            await succeeds(python, "-m", "pip", "install", "--quiet", "--timeout", "20", "openai", "anthropic"),
            await succeeds(python, "-c", "import openai, anthropic")
        else { return nil }
        return python
    }

    /// Says that a part of a test was skipped.
    static func tellSkipped() { print("skipped: openai and anthropic cannot be installed for Python") }

    /// Checks every line of a file strictly with the packages' own types: nil, or what they object to.
    static func objections(to file: String, format: String) async throws -> String? {
        let script = FileManager.default.temporaryDirectory.appending(path: "check-\(UUID().uuidString).py")
        try Data(check.utf8).write(to: script)
        defer { try? FileManager.default.removeItem(at: script) }
        let (status, output) = try await ChildProcess.run(
            await interpreter() ?? "python3", script.path, format, file)
        return status == 0 ? nil : String(decoding: output, as: UTF8.self)
    }

    private static func succeeds(_ arguments: String...) async -> Bool {
        (try? await ChildProcess.run(arguments: arguments).status) == 0
    }

    private static let check = """
        import json, sys
        from pydantic import TypeAdapter
        from openai.types.chat import ChatCompletion
        from openai.types.responses import Response
        from openai.types.shared import ErrorObject
        from anthropic.types.messages import MessageBatchIndividualResponse

        def strict(kind, value):
            TypeAdapter(kind).validate_json(json.dumps(value), strict=True)

        def openai_batch(line):
            assert set(line) == {"id", "custom_id", "response", "error"}, list(line)
            assert isinstance(line["id"], str) and isinstance(line["custom_id"], str)
            response, error = line["response"], line["error"]
            assert (response is None) != (error is None), "one of response and error"
            if error is not None:
                assert isinstance(error["code"], str) and isinstance(error["message"], str)
                return
            assert isinstance(response["status_code"], int) and isinstance(response["request_id"], str)
            body = response["body"]
            if response["status_code"] >= 400:
                strict(ErrorObject, body["error"])
            elif body["object"] == "response":
                strict(Response, body)
            else:
                strict(ChatCompletion, body)

        checks = {
            "openai-batch": openai_batch,
            "anthropic-batch": lambda line: strict(MessageBatchIndividualResponse, line),
        }
        count = 0
        for text in open(sys.argv[2], encoding="utf-8"):
            try:
                checks[sys.argv[1]](json.loads(text))
            except Exception as error:
                sys.exit(f"{text}{type(error).__name__}: {error}")
            count += 1
        sys.exit(None if count > 0 else "no line")
        """
}

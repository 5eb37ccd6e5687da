import Foundation
import Testing

/// Job files that are made of what OpenAI's and Anthropic's own Python packages dump.
@Suite struct EndToEndDumpTests {
    /// Histories with `model_dump()` of answers of every kind, as native lines, bodies, params and for fine-tuning.
    private static let script = """
        import json, sys
        from anthropic.types import Message
        from openai.types.chat import ChatCompletionMessage
        from openai.types.chat.parsed_chat_completion import ParsedChatCompletionMessage

        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        result = {"role": "tool", "tool_call_id": "c", "content": "4"}
        def chat(**members):
            return ChatCompletionMessage.model_validate({"role": "assistant", "content": None, **members})
        def parsed(**members):
            return ParsedChatCompletionMessage[dict].model_validate({"role": "assistant", "content": None, **members})
        answers = [
            [chat(content="Lima.")], [chat(tool_calls=[call]), result], [chat(refusal="No.")],
            [chat(content="Lima.", reasoning_content="Peru has one.")],
            [chat(content="Lima.", annotations=[{"type": "url_citation", "url_citation": {
                "start_index": 0, "end_index": 4, "title": "t", "url": "https://example.com"}}])],
            [parsed(content="{}", parsed={"city": "Lima"})],
            [parsed(tool_calls=[{**call, "function": {**call["function"], "parsed_arguments": {"a": 1}}}]), result],
        ]
        blocks = Message.model_validate({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": "Lima."}], "usage": {"input_tokens": 1, "output_tokens": 1}})
        dumped = lambda turn: turn if isinstance(turn, dict) else turn.model_dump()
        user = lambda text: {"role": "user", "content": text}
        def write(name, line):
            print(json.dumps({"custom_id": name, **line}))

        for number, answer in enumerate(answers + [[blocks]]):
            messages = [user("Capital of Peru?"), *map(dumped, answer), user("And of Chile?")]
            write(f"native-{number}", {"model": "mock/count-3", "messages": messages})
            body = {"model": "count-3", "messages": messages}
            write(f"body-{number}", {"method": "POST", "url": "/v4/chat/completions", "body": body})
        params = {"model": "count-3", "max_tokens": 9, "messages": [
            user("Capital of Peru?"), {"role": "assistant", "content": blocks.model_dump()["content"]}, user("And?")]}
        write("params", {"params": params})
        write("messages", {"method": "POST", "url": "/v1/messages", "body": params})
        write("tuning", {"messages": [
            {"role": "system", "content": "Be brief."}, user("Capital of Peru?"),
            {"role": "assistant", "content": "Lima.", "weight": 0}, user("And of Chile?")]})
        """

    @Test(
        .enabled("openai and anthropic cannot be installed for Python") {
            await OfficialPythonSDKs.interpreter() != nil
        })
    func whatTheOfficialPythonPackagesDumpIsTaken() async throws {
        let directory = try TemporaryDirectory()
        let script = try directory.write(Self.script, to: "dump.py")
        let python = try #require(await OfficialPythonSDKs.interpreter())
        let (status, output) = try await ChildProcess.run(python, script)
        try #require(status == 0, "\(String(decoding: output, as: UTF8.self))")
        let file = try directory.write(String(decoding: output, as: UTF8.self), to: "jobs.jsonl")
        let ended = try await BatchProcess.run(
            "run", file, "--provider", "mock", "--model", "mock/count-3", "--db", directory.path("jobs.db"))
        #expect(ended.status == 0, "\(ended.error)")
        let answers = try SQLite.rows(directory.path("jobs.db"), "SELECT DISTINCT content FROM results")
        #expect(answers == ["1 2 3"])
        #expect(try SQLite.number(directory.path("jobs.db"), "SELECT count(*) FROM results") == 19)
    }
}

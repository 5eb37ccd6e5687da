import BatchRows
import LLMStreaming
import Testing

/// A cell is a number or a boolean where the field of a body is one, in each shape of a job line.
struct BodyFieldTests {
    static let shapes = [
        #"{"custom_id":"{{n}}","url":"/v1/chat/completions","body":BODY}"#, #"{"custom_id":"{{n}}","params":BODY}"#,
        #"{"custom_id":"{{n}}","body":BODY}"#, #"{"id":"{{n}}","prompt":"x","extra_body":BODY}"#,
    ]

    private func lines(_ shape: String, _ body: String, _ rows: String) throws -> [String] {
        try Rows.lines(shape.replacing("BODY", with: body), "n,m,t\n" + rows)
    }

    @Test(arguments: shapes) func cellsAreTakenAsTheFieldAsks(shape: String) throws {
        let body =
            #"{"max_tokens":"{{m}}","seed":"{{m}}","store":"{{t}}","user":"{{m}}","stop":["{{m}}"],"my_own":"{{m}}"}"#
        let line = { (id: String, body: String) in
            shape.replacing("BODY", with: body).replacing("{{n}}", with: id)
        }
        #expect(
            try lines(shape, body, "1,5,true\n2,,\n3,-0.5e1,false\n") == [
                line(
                    "1", #"{"max_tokens":5,"seed":5,"store":true,"user":"5","stop":["5"],"my_own":"5"}"#),
                line("2", #"{"user":"","stop":[""],"my_own":""}"#),
                line(
                    "3",
                    #"{"max_tokens":-0.5e1,"seed":-0.5e1,"store":false,"user":"-0.5e1","stop":["-0.5e1"],"my_own":"-0.5e1"}"#
                ),
            ])
    }

    @Test(arguments: [
        "max_completion_tokens", "max_output_tokens", "temperature", "top_p", "top_k", "min_p", "random_seed", "n",
        "top_logprobs", "presence_penalty", "frequency_penalty", "repetition_penalty", "thinking.budget_tokens",
        "reasoning.max_tokens", "logit_bias.50256",
    ])
    func numbersOfProviders(path: String) throws { try expect(path, cell: "7") }

    @Test(arguments: [
        "stream", "logprobs", "parallel_tool_calls", "chat_template_kwargs.enable_thinking",
        "stream_options.include_usage", "tool_choice.disable_parallel_tool_use",
    ])
    func booleansOfProviders(path: String) throws { try expect(path, cell: "false") }

    /// A field takes its literal, is absent without one, and refuses a text: nobody behind us would say it.
    private func expect(_ path: String, cell: String) throws {
        let parts = path.split(separator: ".").map(String.init)
        let body = parts.reversed().reduce("VALUE") { "{\"\($1)\":\($0)}" }
        let outer = parts.dropLast().reversed().reduce("{}") { "{\"\($1)\":\($0)}" }
        let template = "{\"params\":\(body.replacing("VALUE", with: "\"{{m}}\""))}"
        let words = cell == "7" ? "a number" : "true or false"
        #expect(
            try Rows.lines(template, "n,m\n1,\(cell)\n2,\n3,many\n4,\" \(cell)\"\n") == [
                "{\"params\":\(body.replacing("VALUE", with: cell))}", "{\"params\":\(outer)}",
                "4 fault line 4: params.\(path) must be \(words), which the cell of column 'm' is not",
                "5 fault line 5: params.\(path) must be \(words), which the cell of column 'm' is not",
            ])
        // A value of JSON keeps its type.
        #expect(
            try Rows.lines(template, "{\"m\":\(cell)}\n{\"m\":\"\(cell)\"}\n{}", .jsonl) == [
                "{\"params\":\(body.replacing("VALUE", with: cell))}",
                "{\"params\":\(body.replacing("VALUE", with: "\"\(cell)\""))}", "{\"params\":\(outer)}",
            ])
    }

    @Test func fieldsOfItemsAreKnownToo() throws {
        let template = #"{"body":{"tools":[{"max_uses":"{{m}}","name":"{{m}}"}],"messages":[{"prefix":"{{t}}"}]}}"#
        #expect(
            try Rows.lines(template, "m,t\n2,true\n") == [
                #"{"body":{"tools":[{"max_uses":2,"name":"2"}],"messages":[{"prefix":true}]}}"#
            ])
    }
}

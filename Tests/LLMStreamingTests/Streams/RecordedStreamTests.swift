import LLMStreaming
import SharedMaterial
import Testing

/// The recorded streams of ../shared, which are no part of this project.
@Suite(.enabled(if: RecordedStream.isHere, RecordedStream.absence))
struct RecordedStreamTests {
    @Test func recordedStreamsMeanWhatTheirSourcesSay() throws {
        var compared: [String: Int] = [:]
        for stream in RecordedStream.all {
            let run = StreamRun(stream.bytes, stream.provider)
            if let exception = RecordedStream.incomplete[stream.name] {
                #expect(run.error?.kind == exception.kind, "\(stream.name)")
                compared["fail as they must", default: 0] += 1
                continue
            }
            let completion = try #require(run.completion, "\(stream.name): \(String(describing: run.error))")
            #expect(run.handler.phase == .ended, "\(stream.name)")
            #expect(run.text(.text) == completion.content, "\(stream.name)")
            if stream.provider.dialect == .openAIResponses {
                try compare(completion, withTerminalOf: stream)
                compared["Responses streams as their own terminal objects", default: 0] += 1
            }
            guard let expected = stream.expected else {
                compared["complete, without an expectation", default: 0] += 1
                continue
            }
            compare(completion, expected, stream.name)
            compared["text, reasoning, tool calls, finish reason and usage as expected", default: 0] += 1
        }
        print("recorded streams:", compared.sorted { $0.key < $1.key }.map { "\($1) \($0)" }.joined(separator: "; "))
        for (name, exception) in RecordedStream.incomplete { print("not complete: \(name): \(exception.reason)") }
        for (name, difference) in RecordedStream.differences { print("differs: \(name): \(difference)") }
    }

    /// Compares a completion with the terminal event of its stream, read by itself.
    private func compare(_ completion: Completion, withTerminalOf stream: RecordedStream) throws {
        let response = try #require(stream.terminalResponse, "\(stream.name)")
        let output = response["output"]?.array ?? []
        func texts(_ type: String, _ list: String, _ member: String) -> String {
            output.filter { $0["type"]?.string == type }.flatMap { $0[list]?.array ?? [] }
                .compactMap { $0[member]?.string }.joined()
        }
        let isSame = completion.content == texts("message", "content", "text")
        #expect(isSame != differs(stream.name, "terminal text"), "\(stream.name)")
        let summary = texts("reasoning", "summary", "text")
        let reasoning = summary.isEmpty ? texts("reasoning", "content", "text") : summary
        #expect(completion.thinking ?? "" == reasoning, "\(stream.name)")
        let calls = output.filter { ["function_call", "custom_tool_call"].contains($0["type"]?.string) }
        #expect(
            completion.toolCalls
                == calls.map { call in
                    ToolCall(
                        id: call["call_id"]?.string ?? "", name: call["name"]?.string ?? "",
                        arguments: call["arguments"]?.string ?? call["input"]?.string ?? "")
                }, "\(stream.name)")
        #expect(completion.finishReason == (calls.isEmpty ? .stop : .toolCalls), "\(stream.name)")
        #expect(completion.usage?.raw == response["usage"]?.object, "\(stream.name)")
        let kept = completion.choices[0].message.array ?? []
        #expect(kept.compactMap { $0["type"] } == output.compactMap { $0["type"] }, "\(stream.name)")
    }

    private func compare(_ completion: Completion, _ expected: JSON, _ name: String) {
        #expect(completion.content == expected["text"]?.string, "\(name)")
        #expect(completion.thinking ?? "" == expected["reasoning"]?.string, "\(name)")
        #expect(completion.id == expected["response_id"]?.string, "\(name)")
        #expect(completion.model == expected["model"]?.string, "\(name)")
        // The source project rewrites the arguments of tools that the provider runs.
        let calls = (expected["tool_calls"]?.array ?? []).filter { $0["provider_executed"] == nil }
        let isSame =
            completion.toolCalls
            == calls.map { call in
                ToolCall(
                    id: call["id"]?.string ?? "", name: call["name"]?.string ?? "",
                    arguments: call["arguments"]?.string ?? "")
            }
        #expect(isSame != differs(name, "tool calls"), "\(name): \(completion.toolCalls)")
        if let native = expected["finish_reason"]?.string {
            #expect(completion.choices[0].nativeFinishReason == native, "\(name)")
        }
        let unified = expected["finish_reason_unified"]?.string
        #expect(completion.finishReason.rawValue == unified?.replacing("-", with: "_"), "\(name)")
        let raw = expected["usage_raw"]?.object ?? JSONObject()
        let figures = TokenUsage(raw: raw)
        #expect(completion.usage?.promptTokens == figures.promptTokens, "\(name)")
        #expect(completion.usage?.completionTokens == figures.completionTokens, "\(name)")
        for member in raw.members where !member.value.isNull {
            #expect(
                completion.usage?.raw[member.key].map { holds($0, member.value) } ?? false, "\(name): \(member.key)")
        }
    }

    /// Whether a stream is listed as one that differs in that.
    private func differs(_ name: String, _ what: String) -> Bool {
        RecordedStream.differences[name]?.hasPrefix(what) == true
    }

    /// Whether a report says what is expected of it, numbers in any writing; the source projects leave members out.
    private func holds(_ report: JSON, _ expected: JSON) -> Bool {
        if let expected = expected.object {
            return expected.members.allSatisfy { member in report[member.key].map { holds($0, member.value) } ?? false }
        }
        if let elements = report.array, let expected = expected.array {
            return elements.count == expected.count && zip(elements, expected).allSatisfy(holds)
        }
        return report == expected || report.double != nil && report.double == expected.double
    }

    @Test func aStreamWithoutFinishReasonIsCutForOtherProviders() throws {
        let streams = RecordedStream.all.filter { RecordedStream.withoutFinishReason.contains($0.name) }
        #expect(streams.count == RecordedStream.withoutFinishReason.count)
        for stream in streams {
            #expect(StreamRun(stream.bytes, .openAI).error?.kind == .cut, "\(stream.name)")
        }
    }

    /// LLM4S_TRIALS is the number of cuts in each stream, LLM4S_SEED the seed of their places.
    @Test func cutsIntoReadsChangeNothing() throws {
        let (trials, seed) = (environment("LLM4S_TRIALS", default: 50), environment("LLM4S_SEED", default: 1))
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        for stream in RecordedStream.all {
            let bytes = stream.bytes
            let whole = StreamRun(bytes, stream.provider)
            var byByte = StreamRun(stream.provider)
            for index in bytes.indices { byByte.receive(bytes[index...index]) }
            byByte.end()
            try #require(byByte.chunks == whole.chunks && byByte.completion == whole.completion, "\(stream.name)")
            try #require(byByte.error == whole.error, "\(stream.name)")
            let cuts = (0..<trials).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            var inPieces = StreamRun(stream.provider)
            for (start, end) in zip([0] + cuts, cuts + [bytes.count]) { inPieces.receive(bytes[start..<end]) }
            inPieces.end()
            try #require(inPieces.chunks == whole.chunks, "\(stream.name), seed \(seed)")
            try #require(inPieces.completion == whole.completion, "\(stream.name), seed \(seed)")
        }
    }

    @Test func storedChunksRebuildTheAnswer() throws {
        for stream in RecordedStream.all {
            let run = StreamRun(stream.bytes, stream.provider)
            var rebuilt = StreamingAccumulator(dialect: stream.provider.dialect)
            for chunk in run.chunks {
                // As a row of the table `chunks` holds it.
                let row = (kind: chunk.kind.rawValue, choice: chunk.choice, item: chunk.item, text: chunk.text)
                let kind = try #require(StreamedChunk.Kind(rawValue: row.kind))
                rebuilt.add(StreamedChunk(kind, row.text, choice: row.choice, item: row.item))
            }
            let live = run.handler.accumulator
            #expect(rebuilt.partial == live.partial, "\(stream.name)")
            #expect(rebuilt.usage == live.usage, "\(stream.name)")
            #expect(rebuilt.responseID == live.responseID && rebuilt.model == live.model, "\(stream.name)")
            let stored = try JSONParser.parse(live.partial.json.text)
            #expect(PartialAnswer(json: stored) == live.partial, "\(stream.name)")
            guard run.error == nil else { continue }
            #expect(try rebuilt.completion(isComplete: true) == run.completion, "\(stream.name)")
        }
    }
}

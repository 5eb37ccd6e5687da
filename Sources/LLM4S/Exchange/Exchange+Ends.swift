import LLMStreaming
import NIOCore

/// What ends an exchange, and how: the end of the body, the loss of the connection, a clock, or whoever asked.
extension Exchange {
    /// Takes the end of its body.
    mutating func receiveEnd(at now: NIODeadline) {
        guard outcome == nil else { return }
        switch body {
        case .awaitingHead, .settled: break
        case .opening, .events: endEvents(.closed, isOrderly: true, at: now)
        case .document(let bytes): endDocument(bytes, after: .closed, at: now)
        case .page(let bytes): endPage(bytes)
        case .refusal(let head, let bytes):
            let coding = ContentCoding.found(in: bytes, of: head)
            let isCut = bytes.count >= ResponseBody.maximumRefusalBytes
            var error = ErrorClassifier.error(
                head: head, body: coding == nil ? bytes : [], isCut: isCut, now: unixSeconds())
            if let coding {
                error.message = "HTTP \(head.status); \(LLMError.compressed(coding, by: origin).message)"
            }
            settle(.failed(error))
        case .foreign(let mediaType, let bytes):
            let beginning = String(decoding: bytes, as: UTF8.self).shortened(toBytes: 200)
            fail(.decode, "\(origin.endpointName) sent \(mediaType) instead of an event stream: \(beginning)")
        }
    }

    /// Takes the loss of the connection.
    mutating func connectionLost(_ loss: ConnectionLoss, at now: NIODeadline) {
        guard outcome == nil else { return }
        switch (body, loss) {
        case (.awaitingHead, _):
            switch loss {
            case .malformed, .malformedStream: timings.receivedBytes(at: now)
            case .closed, .broken, .refused, .busy, .wantsHTTP1: break
            }
            settle(.failed(.unanswered(loss, by: origin)))
        case (.opening, _), (.events, _): endEvents(loss, at: now)
        case (.document(let bytes), _): endDocument(bytes, after: loss, isOrderly: false, at: now)
        case (.page, _): failCut(loss)
        case (.refusal, _), (.foreign, _): receiveEnd(at: now)
        case (.settled, _): break
        }
    }

    /// Takes a head that was cut off: bytes of a response came, but none that say anything.
    mutating func connectionLostInHead(at now: NIODeadline) {
        guard outcome == nil, body == .awaitingHead else { return connectionLost(.closed, at: now) }
        timings.receivedBytes(at: now)
        failCut(.closed)
    }

    /// The running clock ran out.
    mutating func expire(at now: NIODeadline) {
        guard outcome == nil else { return }
        if let error = LLMError.expired(clock, at: origin) {
            settle(.failed(error))
        } else {
            // Refusals are judged by what came of them; an answer is whole without its end, and so is a message that
            // said why it stopped.
            receiveEnd(at: now)
        }
    }

    /// Nobody wants the answer any more; one that is whole already stays so.
    mutating func cancel(at now: NIODeadline) {
        guard outcome == nil else { return }
        if handler.isAnswered {
            endEvents(.closed, at: now)
        } else {
            settle(.failed(.cancelled(at: origin)))
        }
    }

    /// Everything known of the exchange after its end.
    func result(_ outcome: StreamResult.Outcome, at now: NIODeadline) -> StreamResult {
        var result = StreamResult(outcome: outcome, accumulator: handler.accumulator)
        result.requestID = requestID
        result.serviceTier = result.serviceTier ?? serviceTier
        result.httpStatus = status
        result.rateLimits = rateLimits
        result.firstByteMicroseconds = timings.firstByte
        result.firstChunkMicroseconds = timings.firstChunk
        result.durationMicroseconds = timings.microseconds(at: now)
        result.chunkCount = timings.chunkCount
        result.gaps = timings.gaps
        if case .failed(let error) = outcome, error.kind == .connect {
            result.isStaleConnection = isConnectionReused && timings.firstByte == nil
        }
        return result
    }

    /// The events are over, in order or not; a last one that lacks its blank line still counts.
    ///
    /// - Parameter isOrderly: whether the server ended the body.
    mutating func endEvents(_ loss: ConnectionLoss, isOrderly: Bool = false, at now: NIODeadline) {
        if case .opening(let opening) = body {
            // Too little to tell; what is whole of it counts.
            body = .events
            receiveEvents(opening.bytes.span, at: now)
            if outcome != nil { return }
        }
        let count = chunks.count
        defer { noteChunks(from: count, at: now) }
        do {
            try handler.receiveEnd(isOrderly: isOrderly, into: &chunks)
            settleAnswer(loss)
        } catch {
            fail(error, after: loss)
        }
    }

    private mutating func endDocument(
        _ bytes: [UInt8], after loss: ConnectionLoss, isOrderly: Bool = true, at now: NIODeadline
    ) {
        guard bytes.count <= limits.maximumEventBytes else {
            fail(.oversizedEvent, "the answer's JSON document is over \(limits.maximumEventBytes) bytes")
            return
        }
        let count = chunks.count
        defer { noteChunks(from: count, at: now) }
        do {
            try handler.receiveWhole(bytes, isOrderly: isOrderly, into: &chunks)
            settleAnswer(loss)
        } catch {
            // What is no JSON was cut with the connection.
            let isCut = !isOrderly && (error.kind == .decode || error.kind == .cut)
            if isCut { failCut(loss) } else { settle(.failed(error)) }
        }
    }

    /// A page is passed on as the text of an answer.
    private mutating func endPage(_ bytes: [UInt8]) {
        guard bytes.count <= ResponseBody.maximumPageBytes else {
            return fail(.oversizedEvent, "the page is over \(ResponseBody.maximumPageBytes) bytes")
        }
        let text = Completion.Choice(
            index: 0, content: String(decoding: bytes, as: UTF8.self), toolCalls: [], finishReason: .stop,
            message: .null)
        settle(.completed(Completion(id: nil, model: nil, choices: [text], usage: nil)))
    }

    /// The protocol's end came: the answer is whole or it is a cut one.
    mutating func settleAnswer(_ loss: ConnectionLoss) {
        do { settle(.completed(try handler.completion())) } catch { fail(error, after: loss) }
    }

    /// The handler knows why the answer is not whole; that the stream was cut is better said of the connection.
    private mutating func fail(_ error: LLMError, after loss: ConnectionLoss) {
        if error.kind == .cut, error.code == nil { failCut(loss) } else { settle(.failed(error)) }
    }

    private mutating func failCut(_ loss: ConnectionLoss) {
        settle(.failed(.cut(loss, by: origin, beginning: handler.openingText)))
    }

    private mutating func fail(_ kind: ErrorKind, _ message: String) { settle(.failed(LLMError(kind, message))) }
}

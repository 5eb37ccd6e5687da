import Foundation
import NIOCore
import NIOHTTP1

/// Makes responses in one dialect: status, headers and body, with the faults in them.
struct ResponseForm {
    let dialect: Dialect
    /// The request's and the response's id.
    let id: UInt64
    /// The limiter's decision about the request; nil where nothing is limited.
    var admission: Admission?

    private var requestID: String { "req_" + Hash64.hexadecimal(id) }

    /// A streamed answer, and the run that goes on without its client if the answer is stored.
    func stream(
        _ answer: Answer, reportsUsage: Bool, behavior: MockBehavior, fault: MockFault, isStored: Bool
    ) -> (response: Response, run: StoredRun?) {
        if let load = behavior.bulk, dialect != .responses {
            let renderer = dialect.renderer(of: answer, reportsUsageInStream: reportsUsage, behavior: behavior)
            let bulk = BulkStream(answer, load: load, renderer: renderer, behavior: behavior, fault: fault)
            var response = stream(.bulk(bulk), behavior: behavior, fault: fault)
            response.account = account(of: answer, .generated)
            return (response, nil)
        }
        let events = EventStream(
            answer, dialect: dialect, reportsUsage: reportsUsage, behavior: behavior, fault: fault)
        guard isStored else {
            var response = stream(.events(events), behavior: behavior, fault: fault)
            response.account = account(of: answer, .generated)
            return (response, nil)
        }
        let run = run(of: answer, reportsUsage: reportsUsage, behavior: behavior, fault: fault, isStreamed: true)
        var response = stream(.replay(RunReader(run: run, events: events)), behavior: behavior, fault: fault)
        response.account = account(of: answer, .run(run))
        return (response, run)
    }

    private func account(of answer: Answer, _ bill: ResponseAccount.Bill) -> ResponseAccount {
        ResponseAccount(responseID: dialect.responseIDPrefix + answer.id, answer: answer, bill: bill)
    }

    /// A run with the faults of the model's server, without those of the connection.
    func run(
        of answer: Answer, reportsUsage: Bool, behavior: MockBehavior, fault: MockFault, isStreamed: Bool
    ) -> StoredRun {
        let events = EventStream(
            answer, dialect: dialect, reportsUsage: reportsUsage, behavior: behavior, fault: fault.ofServer)
        let schedule = RunSchedule(start: .now(), behavior: behavior, chunkCount: answer.chunkCount)
        return StoredRun(
            answer: answer, dialect: dialect, schedule: schedule, behavior: behavior, isStreamed: isStreamed,
            events: events)
    }

    /// The rest of a stored run.
    func replay(_ reader: RunReader, behavior: MockBehavior) -> Response {
        var fault = MockFault()
        fault.cutBytes = behavior.replayCutBytes
        var response = stream(.replay(reader), behavior: behavior, fault: fault)
        response.account = ResponseAccount(
            responseID: reader.run.dialect.responseIDPrefix + reader.run.answer.id, answer: reader.run.answer)
        return response
    }

    private func stream(_ body: ResponseBody, behavior: MockBehavior, fault: MockFault) -> Response {
        var headers = headers(contentType: "text/event-stream; charset=utf-8", fault: fault)
        headers.add(name: "cache-control", value: "no-cache")
        // A replay from a byte on must have the same bytes each time.
        let heartbeat: Heartbeat? = if case .replay = body { nil } else { Heartbeat(behavior, dialect: dialect) }
        return response(status: .ok, headers: headers, body: body, fault: fault, heartbeat: heartbeat)
    }

    /// An answer as one JSON completion, or the beginning of a run.
    func completion(_ answer: Answer, behavior: MockBehavior, fault: MockFault, run: StoredRun?) -> Response {
        let renderer = dialect.renderer(of: answer, reportsUsageInStream: false, behavior: behavior)
        var response = whole(
            ByteBuffer(string: renderer.completion.text), status: .ok, contentType: "application/json",
            delay: run == nil ? behavior.timeToFirstToken : nil, fault: fault)
        response.account = account(of: answer, run.map { .run($0) } ?? .generated)
        return response
    }

    /// A JSON document without faults.
    func json(_ body: JSON, status: HTTPResponseStatus) -> Response {
        whole(
            ByteBuffer(string: body.text), status: status, contentType: "application/json", delay: nil,
            fault: MockFault())
    }

    /// A status without a body.
    func empty(status: HTTPResponseStatus) -> Response {
        whole(ByteBuffer(), status: status, contentType: "application/json", delay: nil, fault: MockFault())
    }

    /// A recorded body, played byte by byte as an event stream.
    func playing(_ recording: [UInt8], behavior: MockBehavior, fault: MockFault) -> Response {
        let bytes = ByteBuffer(bytes: recording)
        let ending = fault.leavesBodyOpen ? BodyEnding.leftOpen : .complete
        return stream(
            .whole(bytes, delay: behavior.timeToFirstToken, ending: ending), behavior: behavior, fault: fault)
    }

    /// An error or redirect with the dialect's error body.
    func response(for failure: ProviderFailure, fault: MockFault) -> Response {
        let bytes = ByteBuffer(string: dialect.body(of: failure, requestID: requestID).text)
        let status = HTTPResponseStatus(statusCode: failure.status)
        return whole(bytes, status: status, contentType: "application/json", delay: nil, fault: fault)
    }

    /// An HTML page as proxies send them.
    func page(fault: MockFault) -> Response {
        let status = HTTPResponseStatus(statusCode: fault.status ?? 200)
        let title = "\(status.code) \(status.reasonPhrase)"
        let page = "<!DOCTYPE html>\n<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>\n"
        return whole(
            ByteBuffer(string: page), status: status, contentType: "text/html; charset=utf-8", delay: nil, fault: fault)
    }

    /// Bytes that are known from the start, with the faults that need no events.
    private func whole(
        _ bytes: ByteBuffer, status: HTTPResponseStatus, contentType: String, delay: Duration?, fault: MockFault
    ) -> Response {
        var headers = headers(contentType: contentType, fault: fault)
        var bytes = bytes
        var ending = fault.leavesBodyOpen ? BodyEnding.leftOpen : .complete
        // With a length the client would know that an open body is at its end.
        if ending == .complete { headers.add(name: "content-length", value: String(bytes.readableBytes)) }
        if case .beforeChunk(let position) = fault.silence {
            bytes = bytes.getSlice(at: 0, length: position == .middle ? bytes.readableBytes / 2 : 0)!
            ending = .silent
        } else if fault.cutChunk != nil {
            bytes = bytes.getSlice(at: 0, length: bytes.readableBytes / 2)!
            ending = .cut
        }
        return response(
            status: status, headers: headers, body: .whole(bytes, delay: delay, ending: ending), fault: fault)
    }

    private func response(
        status: HTTPResponseStatus, headers: HTTPHeaders, body: ResponseBody, fault: MockFault,
        heartbeat: Heartbeat? = nil
    ) -> Response {
        let limits = [fault.cutBytes.map { ($0, BodyEnding.cut) }, fault.resetBytes.map { ($0, .reset) }]
        var headers = headers
        if let admission {
            let told = admission.headers(isError: status.code >= 400, unixTime: Date().timeIntervalSince1970)
            headers.add(contentsOf: HTTPHeaders(told))
        }
        return Response(
            status: status, headers: headers, body: body, limit: limits.compactMap(\.self).min { $0.0 < $1.0 },
            heartbeat: heartbeat, closesConnection: fault.closesConnection)
    }

    private func headers(contentType: String, fault: MockFault) -> HTTPHeaders {
        var headers = HTTPHeaders([
            ("content-type", fault.contentType ?? contentType), (dialect.requestIDHeader, requestID),
        ])
        if let location = fault.location { headers.add(name: "location", value: location) }
        if let value = fault.retryAfter { headers.add(name: "retry-after", value: value) }
        if let wait = fault.retryAfterDate {
            let time = Date().timeIntervalSince1970 + wait / .seconds(1)
            headers.add(name: "retry-after", value: Timestamp(unixTime: time.rounded(.up)).httpDate)
        }
        if let value = fault.retryAfterMilliseconds { headers.add(name: "retry-after-ms", value: value) }
        if let value = fault.shouldRetry { headers.add(name: "x-should-retry", value: value ? "true" : "false") }
        return headers
    }
}

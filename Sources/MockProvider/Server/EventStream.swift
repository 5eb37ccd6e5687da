import NIOCore

/// The body of a streamed answer, event by event, with the faults in it.
struct EventStream: Sendable {
    private enum Event {
        case step(AnswerStep)
        /// The step's event with broken JSON.
        case malformed(AnswerStep)
        /// The first half of the step's event, after which the connection closes.
        case half(AnswerStep)
        /// What is left of the huge event's filler, and its end.
        case filler(bytes: Int, end: String)
        case hugeEvent(bytes: Int)
        case error
        case ended(BodyEnding)
    }

    /// A slice of the huge event's filler, so that the event is never in memory as a whole.
    private static let filler = ByteBuffer(repeating: UInt8(ascii: "x"), count: 16_384)

    private let behavior: MockBehavior
    private let fault: MockFault
    private let dialect: Dialect
    private let staysQueued: Bool
    private let failure: ProviderFailure
    private let chunkCount: Int
    private var steps: AnswerSteps
    private var renderer: any AnswerRenderer
    private var upcoming = Event.ended(.complete)
    /// Chunks of the answer that were written; the huge event does not count.
    private(set) var chunkIndex = 0
    /// Whether the last chunk was cut in its middle.
    private(set) var isCutInChunk = false
    private var hasSentContent = false
    private var hasSentHugeEvent = false
    private var hasSentMalformed = false

    /// - Parameter fault: The fault of this attempt, in place of the behaviour's own.
    init(_ answer: Answer, dialect: Dialect, reportsUsage: Bool, behavior: MockBehavior, fault: MockFault) {
        self.behavior = behavior
        self.fault = fault
        self.dialect = dialect
        staysQueued = behavior.staysQueued && answer.isBackground
        failure = ProviderFailure(status: dialect == .messages ? 529 : 500, fault: fault)
        chunkCount = answer.chunkCount
        steps = AnswerSteps(answer)
        renderer = dialect.renderer(of: answer, reportsUsageInStream: reportsUsage, behavior: behavior)
        upcoming = following()
    }

    /// Leaves out the events up to a sequence number, before the first is written.
    mutating func skipEvents(through sequence: Int) { renderer.skipEvents(through: sequence) }

    /// How the body ends, once all of it is written.
    var ending: BodyEnding? {
        if case .ended(let ending) = upcoming { ending } else { nil }
    }

    /// The wait before the next event; nil for none.
    var delay: Duration? {
        switch upcoming {
        case .step(let step) where step.isContent: hasSentContent ? behavior.pace : behavior.timeToFirstToken
        case .malformed, .half: hasSentContent ? behavior.pace : behavior.timeToFirstToken
        case .hugeEvent: behavior.timeToFirstToken
        default: nil
        }
    }

    /// Writes the next event, or the next slice of a huge one.
    mutating func writeNext(into buffer: inout ByteBuffer) {
        switch upcoming {
        case .ended: return
        case .step(let step):
            buffer.writeString(rendered(step))
        case .malformed(let step):
            buffer.writeBytes(rendered(step).utf8.dropLast("}}\n\n".utf8.count))
            buffer.writeStaticString("\n\n")
            hasSentMalformed = true
        case .half(let step):
            let event = rendered(step).utf8
            buffer.writeBytes(event.prefix(event.count / 2))
            upcoming = .ended(.cut)
            isCutInChunk = true
            return
        case .hugeEvent(let bytes):
            var opening = ""
            let frame = renderer.openText(to: &opening)
            buffer.writeString(opening + frame.before)
            upcoming = .filler(
                bytes: max(0, bytes - frame.before.utf8.count - frame.after.utf8.count), end: frame.after)
            hasSentHugeEvent = true
            hasSentContent = true
            return
        case .filler(let bytes, let end):
            let slice = min(bytes, Self.filler.readableBytes)
            buffer.writeImmutableBuffer(Self.filler.getSlice(at: 0, length: slice)!)
            if bytes > slice {
                upcoming = .filler(bytes: bytes - slice, end: end)
                return
            }
            buffer.writeString(end)
        case .error:
            var event = ""
            renderer.writeError(failure, withDone: fault.sendsDoneAfterError, to: &event)
            buffer.writeString(event)
            upcoming = .ended(afterAnswer)
            return
        }
        upcoming = following()
    }

    /// The events of a step as text: in a debug build a string grows far faster than a ByteBuffer.
    private mutating func rendered(_ step: AnswerStep) -> String {
        var events = ""
        if case .close = step, fault.omitsDone {
            renderer.writeCloseWithoutDone(to: &events)
            return events
        }
        if behavior.sendsComments, step.isContent || step.isOpening { events += Heartbeat.comment }
        renderer.write(step, to: &events)
        if step.isContent {
            chunkIndex += 1
            hasSentContent = true
        }
        return events
    }

    private var afterAnswer: BodyEnding { fault.leavesBodyOpen ? .leftOpen : .complete }

    private var huge: Event? {
        guard let bytes = fault.hugeEventBytes, !hasSentHugeEvent else { return nil }
        return .hugeEvent(bytes: bytes)
    }

    /// The event after those that were written, with its faults.
    private mutating func following() -> Event {
        // The filler of a huge event takes no step: the chunk behind it is still to come.
        if let held = heldStep {
            heldStep = nil
            return faulty(held)
        }
        guard let step = steps.next() else { return .ended(afterAnswer) }
        if !step.isOpening, let huge {
            heldStep = step
            return isSilent ? .ended(.silent) : huge
        }
        return faulty(step)
    }

    /// The step that waits behind the huge event.
    private var heldStep: AnswerStep?

    private func faulty(_ step: AnswerStep) -> Event {
        switch step {
        case .open: return .step(step)
        case .close where fault.cutsBeforeUsage: return .ended(.cut)
        case .close: return fault.errsAfterFinish ? .error : .step(step)
        case .finish where chunkIndex < chunkCount: return .step(step)
        // A message's usage is in the event of its stop reason.
        case .finish where fault.cutsBeforeUsage && dialect == .messages: return .ended(.cut)
        default: break
        }
        if isSilent { return .ended(.silent) }
        if isReached(fault.endChunk) { return .ended(.complete) }
        if isReached(fault.inBandErrorChunk) { return .error }
        if isReached(fault.malformedChunk), !hasSentMalformed { return .malformed(step) }
        return isReached(fault.cutChunk) ? .half(step) : .step(step)
    }

    private var isSilent: Bool {
        if staysQueued { return true }
        return if case .beforeChunk(let position) = fault.silence { isReached(position) } else { false }
    }

    private func isReached(_ position: ChunkPosition?) -> Bool {
        position.map { $0.index(in: chunkCount) <= chunkIndex } ?? false
    }
}

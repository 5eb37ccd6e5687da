/// One option with its value, not yet checked: `pace=20ms`, `html`, `count-200`.
struct OptionAssignment {
    let option: BehaviorOption
    let value: OptionValue

    /// Reads `name=value` or `name`; nil where no option has that name.
    init?(_ text: Substring) {
        let goal = text.hasPrefix("count-") ? text.dropFirst("count-".count) : ""
        if Int(goal) != nil {
            self.init(name: "count", text: String(text), value: goal)
        } else {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            self.init(name: String(parts[0]), text: String(text), value: parts.count > 1 ? parts[1] : nil)
        }
    }

    private init?(name: String, text: String, value: Substring?) {
        guard let option = BehaviorOption(rawValue: name) else { return nil }
        self.option = option
        self.value = OptionValue(option: text, text: value.map { $0.percentDecoded() })
    }

    /// Sets the option's part of the behaviour.
    func apply(to behavior: inout MockBehavior) throws(InvalidBehaviorOption) {
        switch option {
        case .slow: try value.flag { behavior.pace = .milliseconds(50) }
        case .flaky: behavior.flakyPercent = value.text == nil ? 20 : try value.integer(in: 0...100)
        case .storm, .stormall:
            let percent = value.text == nil ? 20 : try value.integer(in: 0...100)
            behavior.storm = FaultStorm(percent: percent, stopsProviders: option == .stormall)
        case .pace: behavior.pace = try value.duration()
        case .ttft: behavior.timeToFirstToken = try value.duration()
        case .chunk: behavior.wordsPerChunk = try value.integer(in: 1...1_000_000)
        case .words: behavior.wordCount = try value.integer()
        case .count: behavior.countTo = try value.integer()
        case .bulk: behavior.bulk = BulkLoad(events: try value.integer())
        case .packet, .stamp: try apply(to: &behavior.bulk)
        case .comments: try value.flag { behavior.sendsComments = true }
        case .pings: try value.flag { behavior.sendsPings = true }
        case .heartbeat: behavior.heartbeat = try value.duration()
        case .reasoning: try value.flag { behavior.sendsReasoning = true }
        case .refusal: try value.flag { behavior.refuses = true }
        case .filter: try value.flag { behavior.isFiltered = true }
        case .noeventnames: try value.flag { behavior.responsesShape.omitsEventNames = true }
        case .nosequence: try value.flag { behavior.responsesShape.omitsSequenceNumbers = true }
        case .noindex: try value.flag { behavior.responsesShape.omitsIndices = true }
        case .done: try value.flag { behavior.responsesShape.sendsDone = true }
        case .completedname: try value.flag { behavior.responsesShape.endsAsCompleted = true }
        case .errorform: behavior.errorForm = try value.choice(InBandErrorForm.self)
        case .extras: behavior.chatExtras = try value.choice(ChatExtras.self)
        case .queued: try value.flag { behavior.staysQueued = true }
        case .noreplay: try value.flag { behavior.refusesReplay = true }
        case .replayanew: try value.flag { behavior.replaysAnew = true }
        case .replaycut: behavior.replayCutBytes = try value.integer()
        case .replays: behavior.maximumReplays = try value.integer()
        case .tool: try value.flag { behavior.callsTool = true }
        case .schema: try value.flag { behavior.answersWithJSON = true }
        case .nousage: try value.flag { behavior.omitsUsage = true }
        case .like: behavior.imitates = try value.choice(ImitatedProvider.self)
        case .seam: behavior.seam = try value.seam()
        case .prefill: behavior.prefill = try value.choice(Prefill.self)
        case .times: behavior.faultTimes = try value.integer()
        default: try apply(to: &behavior.fault)
        }
    }

    private func apply(to bulk: inout BulkLoad?) throws(InvalidBehaviorOption) {
        guard var load = bulk else { throw value.invalid("needs bulk=EVENTS before it") }
        if option == .stamp {
            try value.flag { load.isStamped = true }
        } else {
            load.eventsPerPacket = try value.integer(in: 1...65_536)
        }
        bulk = load
    }

    private func apply(to fault: inout MockFault) throws(InvalidBehaviorOption) {
        switch option {
        case .status: fault.status = try value.integer(in: 300...599)
        case .location: fault.location = try value.string()
        case .retryafter: fault.retryAfter = try value.string()
        case .retryafterdate: fault.retryAfterDate = try value.duration()
        case .retryafterms: fault.retryAfterMilliseconds = try value.string()
        case .shouldretry: fault.shouldRetry = try value.choice(Truth.self) == .true
        case .code: fault.errorCode = try value.string()
        case .message: fault.errorMessage = try value.string()
        case .silent: fault.silence = try value.silence()
        case .drop: try value.flag { fault.dropsConnection = true }
        case .dropreset: try value.flag { fault.resetsConnection = true }
        case .cut: fault.cutBytes = try value.integer()
        case .reset: fault.resetBytes = try value.integer()
        case .cutchunk: fault.cutChunk = try value.position()
        case .cutusage: try value.flag { fault.cutsBeforeUsage = true }
        case .end: fault.endChunk = try value.position()
        case .inband: fault.inBandErrorChunk = try value.position()
        case .inbandlate: try value.flag { fault.errsAfterFinish = true }
        case .errordone: try value.flag { fault.sendsDoneAfterError = true }
        case .malformed: fault.malformedChunk = try value.position()
        case .huge: fault.hugeEventBytes = try value.integer()
        case .wrong: fault.wrong = try value.choice(WrongAnswer.self)
        case .refuseschema: try value.flag { fault.refusesSchema = true }
        case .html: try value.flag { fault.sendsHTML = true }
        case .contenttype: fault.contentType = try value.string()
        case .wholejson: try value.flag { fault.sendsWholeJSON = true }
        case .nodone: try value.flag { fault.omitsDone = true }
        case .open: try value.flag { fault.leavesBodyOpen = true }
        case .close: try value.flag { fault.closesConnection = true }
        default: preconditionFailure("'\(option)' is an option of the behaviour, not of its fault")
        }
    }

    private enum Truth: String, CaseIterable {
        case `true`, `false`
    }
}

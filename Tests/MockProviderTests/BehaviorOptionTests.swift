import MockProvider
import Testing

/// The syntax of behaviours.
@Suite struct BehaviorOptionTests {
    @Test func readsOptionsJoinedWithPlusOrComma() throws {
        let behavior = try MockBehavior(parsing: "count-200+pace=20ms,chunk=3+ttft=1.5s,comments")
        #expect(behavior.countTo == 200)
        #expect(behavior.pace == .milliseconds(20))
        #expect(behavior.wordsPerChunk == 3)
        #expect(behavior.timeToFirstToken == .milliseconds(1_500))
        #expect(behavior.sendsComments)
        #expect(behavior.fault == MockFault())
    }

    @Test(arguments: [
        ("slow", \MockBehavior.pace, Duration.milliseconds(50)), ("pace=0", \.pace, .zero),
        ("pace=500us", \.pace, .microseconds(500)), ("ttft=2m", \.timeToFirstToken, .seconds(120)),
    ])
    func readsDurations(option: String, path: any KeyPath<MockBehavior, Duration?> & Sendable, expected: Duration)
        throws
    {
        #expect(try MockBehavior(parsing: option)[keyPath: path] == expected)
    }

    @Test func readsEveryFault() throws {
        var fault = MockFault()
        fault.status = 429
        fault.location = "http://127.0.0.1/a+b,c"
        fault.retryAfter = "Wed, 21 Oct 2026 07:28:00 GMT"
        fault.retryAfterDate = .seconds(2)
        fault.retryAfterMilliseconds = "0"
        fault.shouldRetry = false
        fault.errorCode = "insufficient_quota"
        fault.errorMessage = "no more"
        fault.silence = .beforeChunk(.index(4))
        fault.dropsConnection = true
        fault.resetsConnection = true
        fault.cutBytes = 1
        fault.resetBytes = 2
        fault.cutChunk = .middle
        fault.cutsBeforeUsage = true
        fault.endChunk = .index(3)
        fault.inBandErrorChunk = .index(0)
        fault.errsAfterFinish = true
        fault.sendsDoneAfterError = true
        fault.malformedChunk = .index(5)
        fault.hugeEventBytes = 6
        fault.sendsHTML = true
        fault.contentType = "text/plain"
        fault.sendsWholeJSON = true
        fault.wrong = .enum
        fault.refusesSchema = true
        fault.omitsDone = true
        fault.leavesBodyOpen = true
        fault.closesConnection = true
        let options = """
            status=429+location=http://127.0.0.1/a%2Bb%2Cc+retryafter=Wed%2C 21 Oct 2026 07:28:00 GMT+retryafterdate=2s+retryafterms=0\
            +shouldretry=false+code=insufficient_quota+message=no more+silent=4+drop+dropreset+cut=1+reset=2+cutchunk=middle\
            +cutusage+end=3+inband=0+inbandlate+errordone+malformed=5+huge=6+html+contenttype=text/plain+wholejson+nodone\
            +open+close+wrong=enum+refuseschema
            """
        #expect(try MockBehavior(parsing: options).fault == fault)
    }

    @Test(arguments: [
        ("headers", Silence.beforeHeaders), ("first", .beforeChunk(.index(0))), ("middle", .beforeChunk(.middle)),
    ])
    func readsPlacesOfSilence(place: String, expected: Silence) throws {
        #expect(try MockBehavior(parsing: "silent=\(place)").fault.silence == expected)
    }

    @Test func readsTimesAndFlakyAndWaysToGoOn() throws {
        let behavior = try MockBehavior(parsing: "flaky=35+times=2+prefill=echo")
        #expect(behavior.flakyPercent == 35)
        #expect(behavior.faultTimes == 2)
        #expect(behavior.prefill == .echo)
        #expect(try MockBehavior(parsing: "like=vllm").imitates == .vllm)
        #expect(try MockBehavior(parsing: "seam=3").seam == .words(3))
        #expect(try MockBehavior(parsing: "flaky").flakyPercent == 20)
    }

    @Test(arguments: [
        "nonsense", "pace=fast", "pace=-1s", "pace=20", "pace=", "chunk=0", "status=200", "status=600", "cut=-1", "cut",
        "html=1", "silent=never", "prefill=maybe", "like=me", "seam=far", "schema=1", "wrong=much",
        "wrong", "flaky=101", "count-x", "end=half", "retryafter=a%0Ab", "pace=9e9s",
    ])
    func namesAnOptionThatItCannotRead(option: String) {
        let error = #expect(throws: InvalidBehaviorOption.self) { try MockBehavior(parsing: "comments+\(option)") }
        #expect(error?.option == option)
        #expect(error?.description.contains(option) == true)
    }

    @Test func everyOptionIsRead() {
        for option in BehaviorOption.allCases {
            // A value that no option takes: what counts is that each is known to the reader.
            #expect(throws: InvalidBehaviorOption.self) { try MockBehavior(parsing: "\(option.rawValue)=%00") }
        }
    }

    @Test func helpNamesEveryOption() {
        for option in BehaviorOption.allCases {
            #expect(option.help.form.hasPrefix(option.rawValue))
            #expect(!option.help.meaning.isEmpty)
        }
    }
}

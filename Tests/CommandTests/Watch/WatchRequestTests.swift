import LLMStreaming
import Testing

@testable import BatchWatch

/// What of a request is read, who is answered, and what stands in every answer.
struct WatchRequestTests {
    @Test func theTargetIsReadPartByPart() throws {
        let request = try #require(
            WatchRequest(method: "GET", target: "/api/jobs/a%2Fb%20%C3%A9+/stream?q=x%26y+z&empty=&a=b=c"))
        #expect(request.path == ["api", "jobs", "a/b é+", "stream"])
        #expect(request.query == ["q": "x&y z", "a": "b=c"])
        #expect(WatchRequest(method: "GET", target: "/")?.path == [])
        #expect(WatchRequest(method: "GET", target: "//")?.path == ["", ""])
    }

    /// As to a proxy: the host of the target stands for that of the headers.
    @Test func aTargetMayBeginWithItsHost() throws {
        for (target, path, query) in [
            ("http://127.0.0.1:4321/a?x=1", ["a"], ["x": "1"]), ("HTTP://localhost:4321", [], [:]),
            ("http://[::1]:4321?x=1", [], ["x": "1"]),
        ] as [(String, [String], [String: String])] {
            let request = try #require(
                WatchRequest(method: "GET", target: target, headers: [(name: "Host", value: "evil.example")]))
            #expect(request.path == path && request.query == query, "\(target)")
            #expect(LocalGuard(port: 4321).refusal(of: request) == nil, "\(target)")
        }
        for target in [
            "http://evil.example/", "http:///", "http://127.0.0.1:4321@evil.example/", "http://x@127.0.0.1:4321/",
            "http://127.0.0.1/",
        ] {
            let request = try #require(
                WatchRequest(method: "GET", target: target, headers: [(name: "host", value: "localhost:4321")]))
            #expect(LocalGuard(port: 4321).refusal(of: request)?.status == 421, "\(target)")
        }
    }

    @Test(arguments: [
        "", "*", "https://127.0.0.1/", "127.0.0.1:80", "/%", "/%2", "/%zz", "/%ff", "/?a=1&a=2", "/?a=%f",
    ])
    func whatIsNoPathIsRefused(target: String) { #expect(WatchRequest(method: "GET", target: target) == nil) }

    private static func refusal(_ headers: [(String, String)]) throws -> Int? {
        let headers = headers.map { (name: $0.0, value: $0.1) }
        let request = try #require(WatchRequest(method: "GET", target: "/", headers: headers))
        return LocalGuard(port: 4321).refusal(of: request)?.status
    }

    @Test func onlyOurOwnNamesAreAnswered() throws {
        for host in ["127.0.0.1:4321", "localhost:4321", "LocalHost:4321", "[::1]:4321"] {
            #expect(try Self.refusal([("Host", host)]) == nil, "\(host)")
            #expect(try Self.refusal([("host", host), ("Origin", "http://\(host)")]) == nil, "\(host)")
        }
        for host in [
            "", "127.0.0.1", "localhost", "evil.example:4321", "127.0.0.1:4322", "localhost.evil.example:4321",
            "evil.example:4321@127.0.0.1:4321", "127.0.0.1:4321 ", "0.0.0.0:4321", "127.1:4321",
        ] {
            #expect(try Self.refusal([("Host", host)]) == 421, "\(host)")
        }
        #expect(try Self.refusal([]) == 421)
        #expect(try Self.refusal([("Host", "127.0.0.1:4321"), ("Host", "127.0.0.1:4321")]) == 421)
    }

    @Test func otherPagesAreNotAnswered() throws {
        let host = ("Host", "127.0.0.1:4321")
        for origin in [
            "null", "http://evil.example", "http://127.0.0.1:4322", "https://127.0.0.1:4321", "http://localhost:4321",
            "http://127.0.0.1", "",
        ] { #expect(try Self.refusal([host, ("Origin", origin)]) == 403, "\(origin)") }
        for site in ["cross-site", "same-site", ""] {
            #expect(try Self.refusal([host, ("Sec-Fetch-Site", site)]) == 403, "\(site)")
        }
        for site in ["same-origin", "none"] { #expect(try Self.refusal([host, ("Sec-Fetch-Site", site)]) == nil) }
    }

    /// A link to the page may stand anywhere; only a browser that opens it in a window of its own gets it.
    @Test func theBrowserMayComeByALink() throws {
        let headers = [
            ("Host", "localhost:4321"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "document"),
        ]
        func refusal(
            _ headers: [(String, String)], _ target: String = "/", _ method: String = "GET"
        ) throws -> Int? {
            let headers = headers.map { (name: $0.0, value: $0.1) }
            let request = try #require(WatchRequest(method: method, target: target, headers: headers))
            return LocalGuard(port: 4321).refusal(of: request)?.status
        }
        #expect(try refusal(headers) == nil)
        #expect(try refusal(headers, "/api/status") == 403)
        #expect(try refusal(headers, "/", "POST") == 403)
        #expect(try refusal(headers + [("Origin", "http://evil.example")]) == 403)
        #expect(try refusal(Array(headers.dropLast())) == 403)
        #expect(try refusal(Array(headers.dropLast()) + [("Sec-Fetch-Dest", "iframe")]) == 403)
        #expect(try refusal(headers.map { $0.0 == "Sec-Fetch-Mode" ? ($0.0, "no-cors") : $0 }) == 403)
    }

    @Test func aCommandNeedsTheTokenAndItsType() throws {
        let token = ControlToken()
        #expect(token.text.count == 64 && token.text != ControlToken().text)
        func refusal(_ headers: [(String, String)]) throws -> Int? {
            let headers = headers.map { (name: $0.0, value: $0.1) }
            return token.refusal(of: try #require(WatchRequest(method: "POST", target: "/", headers: headers)))?.status
        }
        let (right, type) = (("X-Control-Token", token.text), ("Content-Type", "application/json"))
        #expect(try refusal([right, type]) == nil)
        #expect(try refusal([right, ("content-type", "Application/JSON ; charset=utf-8")]) == nil)
        let wrong = (token.text.hasSuffix("0") ? "1" : "0")
        for other in ["", "x", String(token.text.dropLast()), token.text + "0", String(token.text.dropLast()) + wrong] {
            #expect(try refusal([("X-Control-Token", other), type]) == 403)
        }
        #expect(try refusal([type]) == 403)
        #expect(try refusal([right, right, type]) == 403)
        for other in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
            #expect(try refusal([right, ("Content-Type", other)]) == 415, "\(other)")
        }
        #expect(try refusal([right]) == 415)
    }

    /// A page that loads or runs anything of others could be made to by what a model has written.
    @Test func everyAnswerForbidsWhatIsNotOurs() throws {
        for answer in [WatchAnswer.json(nil), .fault(404, "no"), .wrongMethod(allow: "GET")] {
            let headers = Dictionary(uniqueKeysWithValues: answer.headers.map { ($0.name, $0.value) })
            #expect(headers["cache-control"] == "no-store" && headers["x-content-type-options"] == "nosniff")
            #expect(headers["referrer-policy"] == "no-referrer")
            #expect(headers["cross-origin-opener-policy"] == "same-origin")
            let policy = try #require(headers["content-security-policy"])
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"))
            #expect(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"))
        }
        #expect(WatchAnswer.wrongMethod(allow: "GET").headers.contains { $0.name == "allow" && $0.value == "GET" })
    }

    @Test func thePageHasItsTokenAndNothingInline() throws {
        let token = ControlToken()
        for (path, type) in [
            ([], "text/html"), (["page.css"], "text/css"), (["page.js"], "text/javascript"),
        ] as [([String], String)] {
            let answer = try #require(WatchPage.answer(path, token: token))
            #expect(answer.contentType.hasPrefix(type) && answer.status == 200)
        }
        #expect(WatchPage.answer(["other"], token: token) == nil)
        guard case .bytes(let bytes)? = WatchPage.answer([], token: token)?.body else { throw Missing() }
        let html = String(decoding: bytes, as: UTF8.self)
        #expect(html.contains(#"<meta name="control-token" content="\#(token.text)">"#) && !html.contains("{{"))
        // The policy would refuse them.
        #expect(!html.contains(" style=") && !html.contains("<style") && !html.contains(#/\son[a-z]+=/#))
        #expect(html.matches(of: #/<script/#).count == html.matches(of: #/<script src="\/page\.js"/#).count)
        #expect(!html.contains(#/(src|href)="(https?:)?\/\//#))
    }

    /// Whatever stands in the data stays data.
    @Test func aReportHoldsItsDataAndNoMarkupOfIt() throws {
        let hostile = "</script><script>alert(1)</script><!-- & \u{2028} {{page.js}} {{report-data}} <![CDATA["
        let data: JSON = ["x": .string(hostile), "</script>": 1]
        let html = WatchPage.report(data) { "\($0.count)" }
        #expect(!html.contains("alert(1)</script>") && !html.contains("\u{2028}"))
        let start = try #require(html.firstRange(of: #"id="report-data">"#)).upperBound
        let end = try #require(html[start...].firstRange(of: "</script>")).lowerBound
        #expect(try JSONParser.parse(Array(html[start..<end].utf8)) == data)
        // What the policy allows is what stands in it.
        let style = try #require(html.firstMatch(of: #/<style>([\s\S]*?)<\/style>/#)).1
        let script = try #require(html.firstMatch(of: #/<script>([\s\S]*?)<\/script>\n<\/body>/#)).1
        let policy = try #require(
            html.firstMatch(of: #/<head><meta http-equiv="Content-Security-Policy" content="([^"]*)">/#)
        ).1
        #expect(
            policy == "default-src 'none'; script-src 'sha256-\(script.utf8.count)'; "
                + "style-src 'sha256-\(style.utf8.count)'; img-src data:; base-uri 'none'; form-action 'none'")
        #expect(!html.contains("{{page.css}}") && !html.contains("src=\"") && !html.contains("href=\"/"))
    }

    @Test func anEventIsOneOfServerSentEvents() {
        let event = EventText("chunk", id: 7, ["text": "a\nb\r"]).bytes
        #expect(String(decoding: event, as: UTF8.self) == "id: 7\nevent: chunk\ndata: {\"text\":\"a\\nb\\r\"}\n\n")
        #expect(String(decoding: EventText("end", [:]).bytes, as: UTF8.self) == "event: end\ndata: {}\n\n")
    }

    private struct Missing: Error {}
}

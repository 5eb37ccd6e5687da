import LLMStreaming
import Testing

@testable import LLM4S

/// What HTTPS_PROXY, HTTP_PROXY and NO_PROXY say of an origin.
@Suite struct ProxySettingsTests {
    private func way(_ url: String, _ environment: [String: String]) throws -> String? {
        let origin = try #require(Origin.split(url: url)?.origin)
        return try ProxySettings(environment: environment).proxy(for: origin)?.origin.description
    }

    @Test func eachSchemeHasItsOwnProxy() throws {
        let both = ["HTTPS_PROXY": "http://s:1", "HTTP_PROXY": "p.example:2"]
        #expect(try way("https://a.example", both) == "http://s:1")
        #expect(try way("http://a.example", both) == "http://p.example:2")
        #expect(try way("http://a.example", ["HTTPS_PROXY": "http://s:1"]) == nil)
        #expect(try way("https://a.example", ["HTTP_PROXY": "http://s:1"]) == nil)
        #expect(try way("https://a.example", [:]) == nil)
    }

    @Test func lowerCaseGoesFirstAndEmptyIsNone() throws {
        #expect(
            try way("https://a.example", ["HTTPS_PROXY": "http://s:1", "https_proxy": "http://t:2"]) == "http://t:2")
        #expect(try way("https://a.example", ["HTTPS_PROXY": "http://s:1", "https_proxy": ""]) == "http://s:1")
        #expect(try way("https://a.example", ["HTTPS_PROXY": ""]) == nil)
        #expect(try way("http://a.example", ["http_proxy": "http://t:2"]) == "http://t:2")
        #expect(
            try way("http://a.example", ["http_proxy": "http://t:2", "NO_PROXY": "b", "no_proxy": "a.example"]) == nil)
    }

    @Test(arguments: [
        ("*", true), ("a.example.com", true), ("example.com", true), (".example.com", true), ("*.example.com", true),
        ("EXAMPLE.com", true), ("com", true), ("xample.com", false), ("b.example.com", false), ("example.co", false),
        ("", false), (",, ,", false), ("x, example.com ,y", true), ("x example.com", true),
        ("example.com:8443", true), ("example.com:443", false), ("x.a.example.com", false),
    ])
    func namesAndAllBelowThemAreExempt(list: String, isDirect: Bool) throws {
        let environment = ["HTTPS_PROXY": "http://s:1", "NO_PROXY": list]
        #expect(try (way("https://a.example.com:8443", environment) == nil) == isDirect, "\(list)")
    }

    @Test(arguments: [
        ("10.0.0.7", true), ("10.0.0.7:8000", true), ("10.0.0.7:80", false), ("0.0.7", true), ("10.0.0.70", false),
    ])
    func addressesAreExempt(list: String, isDirect: Bool) throws {
        let environment = ["HTTP_PROXY": "http://s:1", "NO_PROXY": list]
        #expect(try (way("http://10.0.0.7:8000", environment) == nil) == isDirect, "\(list)")
        let six = ["HTTP_PROXY": "http://s:1", "NO_PROXY": "[fd00::1]:80, fd00::2"]
        #expect(try way("http://[fd00::1]", six) == nil)
        #expect(try way("http://[fd00::1]:81", six) == "http://s:1")
        #expect(try way("http://[fd00::2]:81", six) == nil)
    }

    @Test(arguments: ["localhost", "LOCALHOST", "x.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
    func thisMachineIsAlwaysReachedDirectly(host: String) throws {
        #expect(try way("http://\(host):8000", ["HTTP_PROXY": "http://s:1"]) == nil)
    }

    @Test(arguments: ["127.0.0.1.example", "notlocalhost", "128.0.0.1", "127.0.0.x"])
    func whatOnlyLooksLikeItIsNot(host: String) throws {
        #expect(try way("http://\(host)", ["HTTP_PROXY": "http://s:1"]) == "http://s:1")
    }

    @Test(arguments: [
        ("http://h:1", "http://h:1", nil), ("h", "http://h", nil), ("h:3128/", "http://h:3128", nil),
        ("https://h", "https://h", nil), ("HTTP://[::2]:8/x?y", "http://[::2]:8", nil),
        ("http://u:p@h:1", "http://h:1", "Basic dTpw"), ("u@h", "http://h", "Basic dTo="),
        ("http://u:p%40%3A@h", "http://h", "Basic dTpwQDo="), ("http://u:p@q@h", "http://h", "Basic dTpwQHE="),
    ])
    func aProxysURLIsReadInEveryForm(text: String, origin: String, authorization: String?) throws {
        let proxy = try #require(HTTPProxy(text))
        #expect(proxy.origin.description == origin)
        #expect(proxy.authorization == authorization)
    }

    @Test(arguments: [
        "socks5://u:secret@h:1", "http://", "http://u:secret@", "h:0", "h:port", "a b", "http://u:secret@h h",
    ])
    func whatIsNoProxyIsNamedWithoutItsPassword(text: String) throws {
        let settings = ProxySettings(environment: ["https_proxy": text])
        let secure = try #require(Origin.split(url: "https://a.example")?.origin)
        #expect { try settings.check(secure) } throws: { error in
            "\(error)".hasPrefix("https_proxy holds no URL") && !"\(error)".contains("secret")
        }
        #expect(throws: LLMError.self) { try settings.proxy(for: secure) }
        // Where it is not needed it does no harm.
        try settings.check(Origin(isSecure: false, host: "a.example", port: 80))
        try settings.check(Origin(isSecure: true, host: "localhost", port: 80))
    }

    @Test func noDescriptionShowsThePassword() throws {
        let proxy = try #require(HTTPProxy("http://user:secret@h:1"))
        let settings = ProxySettings(environment: ["https_proxy": "http://user:secret@h:1"])
        var dumped = ""
        dump(proxy, to: &dumped)
        dump(settings, to: &dumped)
        for text in ["\(proxy)", String(reflecting: proxy), "\(settings)", String(reflecting: settings), dumped] {
            #expect(!text.contains("secret") && !text.contains(proxy.authorization ?? ""), "\(text)")
        }
    }
}

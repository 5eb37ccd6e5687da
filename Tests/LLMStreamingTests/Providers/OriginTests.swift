import LLMStreaming
import Testing

@Suite struct OriginTests {
    @Test(
        arguments: [
            ("https://api.openai.com/v1", "https://api.openai.com", "/v1"),
            ("HTTPS://API.OpenAI.com:443", "https://api.openai.com", ""),
            ("http://localhost:8000/v1/", "http://localhost:8000", "/v1"), ("http://host:80", "http://host", ""),
            ("http://host:443", "http://host:443", ""),
            ("https://10.0.0.7:8443/a/b//", "https://10.0.0.7:8443", "/a/b"),
            ("http://[::1]", "http://[::1]", ""), ("http://[2001:DB8::1]:8080/v1", "http://[2001:db8::1]:8080", "/v1"),
            ("http://my_service-1.internal", "http://my_service-1.internal", ""),
        ])
    func aURLIsAnOriginAndAPath(_ url: String, _ origin: String, _ path: String) throws {
        let split = try #require(Origin.split(url: url))
        #expect(split.origin.description == origin)
        #expect(split.path == path)
        #expect(Origin.split(url: origin)?.origin == split.origin)
    }

    @Test(
        arguments: [
            "", "localhost:8000", "ftp://host", "http://", "https:///v1", "http://:80", "http://host:", "http://host:0",
            "http://host:65536", "http://host:+80", "http://host:80a", "http://a:b@host", "http://user@host",
            "http://host?x=1", "http://host/#a", "http://ho st", "http://host/a b", "http://host\\evil", "http://::1",
            "http://[::1", "http://[::1]8080", "http://[]", "http://[localhost]", "http://[::1%eth0]", "http://höst",
            "http://host/é", "http://host\n", "http://<host>", "http://host%2F", "https//host", "http:/host",
        ])
    func nonsenseIsRefused(_ url: String) {
        #expect(Origin.split(url: url) == nil)
    }

    @Test func authorityLeavesOutTheSchemesPort() {
        #expect(Origin(isSecure: true, host: "H", port: 443).authority == "h")
        #expect(Origin(isSecure: true, host: "h", port: 80).authority == "h:80")
        #expect(Origin(isSecure: false, host: "::1", port: 80).authority == "[::1]")
    }
}

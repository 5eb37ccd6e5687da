import LLMStreaming
import Synchronization
import Testing

@testable import BatchEngine

/// What is wrong with servers that are to answer as one.
@Suite struct PoolSurveyTests {
    private static let (a, b, c) = ("http://a:8000/v1", "http://b:8000/v1", "http://c:8000/v1")

    private func faults(
        _ members: [(String, ServerIdentity)], asking wanted: [String] = []
    ) -> [String] {
        PoolSurvey(pool: "vllm", members: members.map { PoolSurvey.Member(url: $0, identity: $1) })
            .faults(asking: wanted)
    }

    private func serving(_ ids: String..., version: String? = nil) -> ServerIdentity {
        .serves(ids.map { ServedModel(id: $0, owner: "vllm", root: $0, maximumTokens: 32_768) }, version: version)
    }

    @Test func serversThatAreAlikeAreNoFault() {
        for wanted in [[], ["m"], ["unlisted"], ["m", "unlisted"]] {
            #expect(faults([(Self.a, serving("m", "n")), (Self.b, serving("n", "m"))], asking: wanted) == [])
        }
        #expect(faults([(Self.a, serving("m", version: "0.33.0")), (Self.b, serving("m"))]) == [])
        #expect(faults([]) == [])
    }

    @Test func aServerThatDoesNotSayIsNoFault() {
        #expect(faults([(Self.a, serving("m")), (Self.b, .untold), (Self.c, .serves([], version: nil))]) == [])
    }

    @Test func namesAServerThatSendsAWebPage() {
        #expect(
            faults([(Self.a, serving("m")), (Self.b, .webPage)]) == [
                "vllm: http://b:8000/v1 answers with a web page, not with an API: is the URL right?"
            ])
    }

    @Test func tellsDifferentModelsWithBothURLs() {
        #expect(
            faults([(Self.a, serving("m")), (Self.b, serving("n")), (Self.c, serving("m"))]) == [
                "vllm: the servers serve different models: 'm' at http://a:8000/v1 and http://c:8000/v1, "
                    + "'n' at http://b:8000/v1"
            ])
    }

    @Test func ofTheModelsThatJobsAskForTellsWhereOneIsNotServed() {
        let members = [(Self.a, serving("m", "extra")), (Self.b, serving("n"))]
        #expect(
            faults(members, asking: ["m"]) == [
                "vllm: the model 'm' is served at http://a:8000/v1, but not at http://b:8000/v1, where 'n' is: there "
                    + "its jobs are refused, or answered by another model"
            ])
        #expect(faults(members, asking: ["m", "n"]).count == 2)
        // Which of the two a server takes the name for is not known.
        #expect(faults(members, asking: ["alias"]) == faults(members))
        #expect(faults([(Self.a, serving("m", "x")), (Self.b, serving("m", "y"))], asking: ["m"]) == [])
    }

    @Test func tellsWhatDiffersInAModelOfOneName() {
        let members: [(String, ServerIdentity)] = [
            (Self.a, .serves([ServedModel(id: "m", owner: "vllm", root: "m", maximumTokens: 32_768)], version: nil)),
            (Self.b, .serves([ServedModel(id: "m", owner: "vllm", root: "m-AWQ", maximumTokens: 8_192)], version: nil)),
            (Self.c, .serves([ServedModel(id: "m", owner: "vllm")], version: nil)),
        ]
        #expect(
            faults(members, asking: ["m"]) == [
                "vllm: the model 'm' is not the same at all servers: root is m at http://a:8000/v1, m-AWQ at "
                    + "http://b:8000/v1; max_model_len is 32768 at http://a:8000/v1, 8192 at http://b:8000/v1"
            ])
        #expect(faults(members) == faults(members, asking: ["m"]))
        let sizes = [4_912_898_304, 8_540_770_304].map {
            ServerIdentity.serves([ServedModel(id: "m", weightBytes: $0)], version: nil)
        }
        #expect(faults([(Self.a, sizes[0]), (Self.b, sizes[1])])[0].contains("size is 4912898304 at http://a"))
    }

    @Test func tellsDifferentVersions() {
        let members = [
            (Self.a, serving("m", version: "0.33.0")), (Self.b, serving("m", version: "0.32.1")),
            (Self.c, serving("m")),
        ]
        #expect(
            faults(members) == [
                "vllm: the servers are of different versions: 0.33.0 at http://a:8000/v1, 0.32.1 at http://b:8000/v1"
            ])
    }

    @Test func saysLittleOfMany() {
        let members = (0..<64).map { ("http://s\($0)/v1", serving(String(repeating: "m\($0)", count: 10_000))) }
        let words = faults(members)
        #expect(words.count == 1)
        #expect(words[0].utf8.count < 2_000)
        #expect(words[0].hasSuffix(", and others"))
        let many = ServerIdentity.serves((0..<5_000).map { ServedModel(id: "m\($0)", root: "r\($0)") }, version: nil)
        let others = ServerIdentity.serves((0..<5_000).map { ServedModel(id: "m\($0)", root: "s\($0)") }, version: nil)
        #expect(faults([(Self.a, many), (Self.b, others)]).count == 16)
    }

    @Test func readsListsAndVersionsAsServersWriteThem() {
        let vllm =
            #"{"object":"list","data":[{"id":"Qwen/Qwen3-8B","object":"model","created":1795342345,"owned_by":"vllm","#
            + #""root":"Qwen/Qwen3-8B","parent":null,"max_model_len":40960,"permission":[{"id":"modelperm-1"}]}]}"#
        #expect(
            ServerIdentity(models: Array(vllm.utf8), version: Array(#"{"version":"0.33.0"}"#.utf8))
                == .serves(
                    [ServedModel(id: "Qwen/Qwen3-8B", owner: "vllm", root: "Qwen/Qwen3-8B", maximumTokens: 40_960)],
                    version: "0.33.0"))
        let llamacpp =
            #"{"models":[{"name":"m.gguf"}],"object":"list","data":[{"id":"m.gguf","object":"model","owned_by":"#
            + #""llamacpp","meta":{"n_ctx_train":131072,"n_params":8030261312,"size":4912898304}}]}"#
        #expect(
            ServerIdentity(models: Array(llamacpp.utf8), version: Array("<html>".utf8))
                == .serves(
                    [ServedModel(id: "m.gguf", owner: "llamacpp", weightBytes: 4_912_898_304)], version: nil))
    }

    @Test(
        arguments: [
            (nil, ServerIdentity.untold), ("", .untold), ("{", .untold), ("[]", .untold), (#"{"data":5}"#, .untold),
            (#"{"data":[]}"#, .serves([], version: nil)),
            (
                #"{"data":[5,null,{},{"id":""},{"id":7},{"id":"m","max_model_len":-1,"root":5,"meta":[]}]}"#,
                .serves([ServedModel(id: "m")], version: nil)
            ),
            (#"{"data":[{"id":"m","max_model_len":1e300}]}"#, .serves([ServedModel(id: "m")], version: nil)),
            ("\u{FEFF}\n<!-- ui -->\n<!DOCTYPE HTML><title>Open WebUI</title>", .webPage), ("<HTML lang=en>", .webPage),
            ("<?xml version=\"1.0\"?><Error/>", .untold), ("vllm:num_requests_running 3", .untold),
        ] as [(String?, ServerIdentity)])
    func whatIsNoListSaysNothing(page: String?, identity: ServerIdentity) {
        #expect(ServerIdentity(models: page.map { Array($0.utf8) }, version: nil) == identity)
    }

    /// Servers that say what a table has under their hosts.
    private struct NamedServers: ServerSignals {
        let identities: [String: ServerIdentity]
        let asked = AskedHosts()

        final class AskedHosts: Sendable { let hosts = Mutex<[String]>([]) }

        func load(of endpoint: Endpoint, at address: MetricsAddress) async -> ServerLoad? { nil }
        func identity(of endpoint: Endpoint) async -> ServerIdentity {
            asked.hosts.withLock { $0.append(endpoint.origin.host) }
            return identities[endpoint.origin.host] ?? .untold
        }
    }

    private func endpoint(_ host: String, key: String) throws -> Endpoint {
        try Endpoint(
            provider: Provider(name: "lab", baseURL: "http://\(host)/v1", keyVariables: ["KEY"]),
            environment: ["KEY": key])
    }

    @Test func asksEachURLOnceAndShowsNoKey() async throws {
        let servers = NamedServers(
            identities: ["a": serving("the-key-is-sk-marked-key"), "b": serving("n"), "api.openai.com": serving("o")])
        let endpoints = try [
            endpoint("a", key: "sk-marked-key"), endpoint("a", key: "sk-other-key"),
            endpoint("api.openai.com", key: "sk-marked-key"), endpoint("b", key: "sk-marked-key"),
        ]
        let faults = await servers.faults(of: "lab", endpoints, asking: [])
        #expect(
            faults == ["lab: the servers serve different models: 'the-key-is-***' at http://a/v1, 'n' at http://b/v1"])
        #expect(servers.asked.hosts.withLock { $0.sorted() } == ["a", "b"])
    }

    @Test func aPoolOfOneServerIsNotAsked() async throws {
        let servers = NamedServers(identities: ["a": .webPage])
        let endpoints = try [endpoint("a", key: "sk-one-key"), endpoint("a", key: "sk-other-key")]
        #expect(await servers.faults(of: "lab", endpoints, asking: []) == [])
        #expect(servers.asked.hosts.withLock { $0 } == [])
    }
}

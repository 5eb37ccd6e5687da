import LLMStreaming
import Testing

@Suite struct EndpointPoolTests {
    private static let secrets = ["sk-first-secret", "sk-second-secret"]
    private static let environment = ["LAB_KEY_1": secrets[0], "LAB_KEY_2": secrets[1]]

    /// A provider with these URLs, and with keys in LAB_KEY_1 and so on.
    private static func lab(_ urls: [String], keys: Int = 0, weights: [String: Double] = [:]) -> Provider {
        let variables = (0..<keys).map { "LAB_KEY_\($0 + 1)" }
        return Provider(
            name: "lab", baseURL: urls.first ?? "", baseURLVariables: ["LAB_BASE_URL"], keyVariables: variables,
            needsKey: keys > 0, otherBaseURLs: Array(urls.dropFirst()), weights: weights,
            pooledKeyVariables: variables)
    }

    private static func names(_ pool: EndpointPool) -> [String] { pool.members.map(\.name) }

    private static func keys(_ pool: EndpointPool) -> [String] {
        pool.members.map { $0.endpoint.authorizationFields.map(\.value).joined() }
    }

    @Test func anEndpointAloneIsAPoolOfOneWithTheNameOfItsURL() throws {
        let endpoint = try Endpoint(provider: .named("openai"), environment: ["OPENAI_API_KEY": Self.secrets[0]])
        let settled = try EndpointPool(provider: .named("openai"), environment: ["OPENAI_API_KEY": Self.secrets[0]])
        for pool in [EndpointPool(endpoint), settled] {
            #expect(Self.names(pool) == ["https://api.openai.com/v1"] && pool.urls == Self.names(pool))
            #expect(pool.members[0].weight == 1 && pool.warnings.isEmpty)
            #expect(pool.provider == endpoint.provider)
            #expect(Self.keys(pool) == ["Bearer \(Self.secrets[0])"])
        }
    }

    @Test func eachURLWithEachKeyIsAnEndpoint() throws {
        let pool = try EndpointPool(
            provider: Self.lab(["http://gpu1:8000/v1", "http://gpu2:8000/v1"], keys: 2), environment: Self.environment)
        #expect(
            Self.names(pool) == [
                "http://gpu1:8000/v1#LAB_KEY_1", "http://gpu1:8000/v1#LAB_KEY_2", "http://gpu2:8000/v1#LAB_KEY_1",
                "http://gpu2:8000/v1#LAB_KEY_2",
            ])
        #expect(pool.urls == ["http://gpu1:8000/v1", "http://gpu2:8000/v1"])
        #expect(Self.keys(pool) == (Self.secrets + Self.secrets).map { "Bearer \($0)" })
        #expect(pool.members.map(\.endpoint.origin.host) == ["gpu1", "gpu1", "gpu2", "gpu2"])
    }

    /// Alternatives of a provider without a pool of keys stay alternatives.
    @Test func ofTheVariablesOfOneKeyTheFirstThatIsSetCounts() throws {
        let environment = ["AZURE_OPENAI_API_KEY": "first", "AZURE_API_KEY": "second"]
        let pool = try EndpointPool(
            provider: .named("azure"), baseURLs: ["https://r.example"], environment: environment)
        #expect(Self.names(pool) == ["https://r.example/openai/v1"] && Self.keys(pool) == ["first"])
    }

    /// Host, slash, port, the dialect's path, and what a provider has behind an address.
    @Test(arguments: [
        ("lab", "HTTP://GPU1:80/v1/", "http://gpu1/v1"),
        ("lab", " http://gpu1/v1/chat/completions\r\n", "http://gpu1/v1"),
        ("azure", "https://r.example/", "https://r.example/openai/v1"),
        ("azure", "https://r.example/openai", "https://r.example/openai/v1"),
        ("ollama", "gpu1", "http://gpu1:11434/v1"), ("ollama", "gpu1:11434/v1", "http://gpu1:11434/v1"),
    ])
    func aURLIsTheSameHoweverItIsWritten(name: String, written: String, used: String) throws {
        let provider = name == "lab" ? Self.lab([]) : Provider.named(name)
        let environment = ["AZURE_API_KEY": "k"]
        let pool = try EndpointPool(
            provider: provider, baseURLs: [written, used], weights: [written: 3], environment: environment)
        #expect(Self.names(pool) == [used])
        #expect(pool.warnings == ["provider '\(name)': \(used) is given twice; the second is left out"])
        #expect(pool.members[0].weight == 3)
        #expect(pool.contains(written, environment: environment) && pool.contains(used, environment: environment))
        #expect(!pool.contains("http://gpu2/v1", environment: environment))
        #expect(!pool.contains("no url", environment: environment))
    }

    @Test func givenURLsGoBeforeTheVariableAndThatBeforeThoseOfTheProvider() throws {
        let own = Self.lab(["http://own1", "http://own2"])
        let variable = ["LAB_BASE_URL": "http://var1, http://var2 ,http://var3\r\n"]
        #expect(try Self.names(EndpointPool(provider: own, environment: [:])) == ["http://own1", "http://own2"])
        #expect(
            try Self.names(EndpointPool(provider: own, environment: variable))
                == ["http://var1", "http://var2", "http://var3"])
        #expect(
            try Self.names(EndpointPool(provider: own, baseURLs: ["http://given"], environment: variable))
                == ["http://given"])
        // A client that takes one URL has the first.
        #expect(try Endpoint(provider: own, environment: variable).origin.host == "var1")
        #expect(try Endpoint(provider: own, environment: [:]).origin.host == "own1")
    }

    /// Only a variable has commas between URLs.
    @Test func aCommaIsPartOfAGivenURLsPath() throws {
        let given = try EndpointPool(provider: Self.lab([]), baseURLs: ["http://h/a,b/v1"], environment: [:])
        #expect(Self.names(given) == ["http://h/a,b/v1"])
        let two = #expect(throws: ConfigurationError.self) {
            try EndpointPool(provider: Self.lab([]), baseURLs: ["http://a/v1, http://b/v1"], environment: [:])
        }
        #expect(two?.description == "provider 'lab': there are several URLs in one --base-url: give it once for each")
        let own = #expect(throws: ConfigurationError.self) {
            try EndpointPool(provider: Self.lab(["http://a/v1,HTTPS://b/v1"]), environment: [:])
        }
        #expect(own?.description == "provider 'lab': there are several URLs in one base_url: make it a list")
    }

    @Test(arguments: [
        ([], "http://a,,http://b", "LAB_BASE_URL"), ([], "http://a,", "LAB_BASE_URL"), ([], ",", "LAB_BASE_URL"),
        (["http://a", " "], "", "--base-url"), (["", "http://a"], "http://c", "--base-url"),
    ])
    func anEmptyEntryIsAFault(given: [String], variable: String, source: String) {
        let environment = ["LAB_BASE_URL": variable]
        let error = #expect(throws: ConfigurationError.self) {
            try EndpointPool(provider: Self.lab(["http://own"]), baseURLs: given, environment: environment)
        }
        #expect(error?.description == "provider 'lab': one of the URLs in \(source) is empty")
    }

    @Test func eachKeyOfSeveralMustBeSet() {
        let error = #expect(throws: ConfigurationError.self) {
            try EndpointPool(provider: Self.lab(["http://a"], keys: 3), environment: Self.environment)
        }
        #expect(error?.description == "provider 'lab' needs a key: set LAB_KEY_3")
    }

    @Test func aKeyThatIsThereTwiceIsUsedOnce() throws {
        let same = ["LAB_KEY_1": Self.secrets[0], "LAB_KEY_2": Self.secrets[0], "LAB_KEY_3": Self.secrets[1]]
        let pool = try EndpointPool(provider: Self.lab(["http://a"], keys: 3), environment: same)
        #expect(Self.names(pool) == ["http://a#LAB_KEY_1", "http://a#LAB_KEY_3"])
        #expect(pool.warnings == ["provider 'lab': LAB_KEY_2 holds the same key as LAB_KEY_1 and is left out"])
        var twice = Self.lab(["http://a"], keys: 1)
        twice.pooledKeyVariables = ["LAB_KEY_1", "LAB_KEY_1"]
        let alone = try EndpointPool(provider: twice, environment: same)
        #expect(Self.names(alone) == ["http://a"], "there are not several any more")
        #expect(alone.warnings == ["provider 'lab': LAB_KEY_1 is named twice; the second is left out"])
    }

    @Test func keysThatAreNotSentMakeNoEndpoints() throws {
        var open = Self.lab(["http://a", "http://b"], keys: 2)
        open.authorization = .none
        let pool = try EndpointPool(provider: open, environment: [:])
        #expect(Self.names(pool) == ["http://a", "http://b"] && Self.keys(pool) == ["", ""])
    }

    @Test func aWeightHoldsForEachKeyOfItsURLAndTheGivenOneGoesFirst() throws {
        let provider = Self.lab(
            ["http://a", "http://b", "http://c"], keys: 2, weights: ["http://a/": 2, "http://b": 0.5])
        let pool = try EndpointPool(
            provider: provider, weights: ["http://B:80": 4, "http://elsewhere": 9], environment: Self.environment)
        #expect(pool.members.map(\.weight) == [2, 2, 4, 4, 1, 1])
    }

    @Test func aURLWithTwoWeightsIsAFault() throws {
        let weights = ["http://a": 2.0, "http://a/": 3.5]
        let error = #expect(throws: ConfigurationError.self) {
            try EndpointPool(provider: Self.lab(["http://a"]), weights: weights, environment: [:])
        }
        #expect(error?.description == "http://a has two weights: 2 and 3.5")
        let equal = try EndpointPool(
            provider: Self.lab(["http://a"]), weights: ["http://a": 2, "http://a/": 2], environment: [:])
        #expect(equal.members[0].weight == 2)
    }

    @Test func aWeightOfTheProvidersThatIsForNoURLOfItsIsAFault() throws {
        let provider = Self.lab(["http://a", "http://b"], weights: ["http://c": 2])
        let error = #expect(throws: ConfigurationError.self) {
            try EndpointPool(provider: provider, environment: [:])
        }
        #expect(error?.description == "provider 'lab': weights: it has no URL http://c; known: http://a, http://b")
        // Who gives other URLs leaves those alone that it is for.
        let given = try EndpointPool(provider: provider, baseURLs: ["http://d"], environment: [:])
        #expect(given.members.map(\.weight) == [1])
    }

    @Test func noNameWarningOrFaultShowsAKey() throws {
        let urls = Self.secrets.map { "https://gateway.example/\($0)/v1" }
        var provider = Self.lab([urls[0], "https://other.example/v1", urls[0] + "/"], keys: 2)
        let pool = try EndpointPool(provider: provider, environment: Self.environment)
        #expect(pool.urls == ["https://gateway.example/***/v1", "https://other.example/v1"])
        #expect(pool.members[0].endpoint.basePath == "/\(Self.secrets[0])/v1", "it is asked as it is")
        var dumped = ""
        dump(pool.members.map(\.name) + pool.warnings + ["\(pool)"], to: &dumped)
        #expect(pool.warnings.count == 1 && !Self.secrets.contains { dumped.contains("Bearer \($0)") })
        #expect(!(Self.names(pool) + pool.warnings).contains { text in Self.secrets.contains { text.contains($0) } })
        provider.weights = [urls[0]: 2, urls[0] + "/": 3]
        let weights = #expect(throws: ConfigurationError.self) {
            try EndpointPool(provider: provider, environment: Self.environment)
        }
        #expect(weights?.description == "https://gateway.example/***/v1 has two weights: 2 and 3")
        (provider.weights, provider.otherBaseURLs) = ([:], [urls[1]])
        let alike = #expect(throws: ConfigurationError.self) {
            try EndpointPool(provider: provider, environment: Self.environment)
        }
        #expect(alike?.description == "provider 'lab': two of its URLs differ in nothing but a key")
    }
}

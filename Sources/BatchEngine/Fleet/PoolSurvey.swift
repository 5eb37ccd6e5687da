package import LLMStreaming

/// What the servers of one pool say of themselves, side by side: a pool answers as one server only where they are alike.
package struct PoolSurvey: Sendable {
    /// One of its servers.
    package struct Member: Sendable {
        /// Its URL.
        package var url: String
        package var identity: ServerIdentity

        /// A server and what it says.
        package init(url: String, identity: ServerIdentity) {
            self.url = url
            self.identity = identity
        }
    }

    /// A server that lists its models.
    private struct Server {
        var url: String
        var models: [ServedModel]
        var version: String?

        init?(_ member: Member) {
            guard case .serves(let models, let version) = member.identity, !models.isEmpty else { return nil }
            url = member.url
            self.models = models
            self.version = version
        }

        func model(_ id: String) -> ServedModel? { models.first { $0.id == id } }

        /// What it serves, for a reader.
        var names: String { PoolSurvey.list(models.map { PoolSurvey.quoted($0.id) }) }
    }

    /// So many names of one kind are told at most.
    private static let maximumNames = 3
    /// So many models are compared at most.
    private static let maximumModels = 16

    private let pool: String
    private let members: [Member]
    private let servers: [Server]

    /// - Parameters:
    ///   - pool: the provider's name.
    ///   - members: its servers.
    package init(pool: String, members: [Member]) {
        self.pool = pool
        self.members = members
        servers = members.compactMap(Server.init)
    }

    /// What is wrong with the pool, in words for its user; one that does not say what it serves is no fault.
    ///
    /// - Parameter wanted: the models that jobs ask for; empty where they are not known.
    package func faults(asking wanted: [String] = []) -> [String] {
        let known = Set(servers.flatMap { $0.models.map(\.id) })
        // Servers of one model often take any name for it: of names that none lists nothing can be said.
        let listed = wanted.filter(known.contains).prefix(Self.maximumModels)
        let lists = listed.isEmpty ? [differentLists()].compactMap(\.self) : listed.compactMap(absence)
        let compared = listed.isEmpty ? known.sorted().prefix(Self.maximumModels) : listed
        return members.filter { $0.identity == .webPage }.map(webPage) + lists + compared.compactMap(difference)
            + [differentVersions()].compactMap(\.self)
    }

    private func webPage(_ member: Member) -> String {
        "\(pool): \(member.url) answers with a web page, not with an API: is the URL right?"
    }

    /// That some servers list a model and others do not.
    private func absence(of model: String) -> String? {
        let without = servers.filter { $0.model(model) == nil }
        guard let other = without.first else { return nil }
        let with = servers.filter { $0.model(model) != nil }
        return "\(pool): the model \(Self.quoted(model)) is served at \(Self.list(with.map(\.url))), but not at "
            + "\(Self.list(without.map(\.url))), where \(other.names) is: there its jobs are refused, or answered by "
            + "another model"
    }

    /// That the servers list different models.
    private func differentLists() -> String? {
        let groups = groups { Set($0.models.map(\.id)) }
        let words = groups.map { (Self.list($0.value.sorted().map(Self.quoted)), $0.urls) }
        return groups.count > 1 ? "\(pool): the servers serve different models: \(Self.text(words))" : nil
    }

    /// That a model is another one at other servers.
    private func difference(of model: String) -> String? {
        let names = ["root", "max_model_len", "owned_by", "size"]
        let words = names.compactMap { name -> String? in
            let groups = groups { $0.model(model)?.traits.first { $0.name == name }?.value }
            return groups.count > 1 ? "\(name) is \(Self.text(groups))" : nil
        }
        guard !words.isEmpty else { return nil }
        return "\(pool): the model \(Self.quoted(model)) is not the same at all servers: "
            + words.joined(separator: "; ")
    }

    private func differentVersions() -> String? {
        let groups = groups(by: \.version)
        return groups.count > 1 ? "\(pool): the servers are of different versions: \(Self.text(groups))" : nil
    }

    /// The servers by something that they tell, in the order of its first one; those that do not tell it are left out.
    private func groups<Value: Equatable>(by value: (Server) -> Value?) -> [(value: Value, urls: [String])] {
        var groups: [(value: Value, urls: [String])] = []
        for server in servers {
            guard let value = value(server) else { continue }
            if let place = groups.firstIndex(where: { $0.value == value }) {
                groups[place].urls.append(server.url)
            } else {
                groups.append((value, [server.url]))
            }
        }
        return groups
    }

    private static func text(_ groups: [(value: String, urls: [String])]) -> String {
        groups.prefix(maximumNames).map { "\(shortened($0.value)) at \(list($0.urls))" }.joined(separator: ", ")
            + (groups.count > maximumNames ? ", and others" : "")
    }

    private static func list(_ names: [String]) -> String {
        let rest = names.count - maximumNames
        return names.prefix(maximumNames).joined(separator: " and ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private static func quoted(_ name: String) -> String { "'\(name.shortened(toBytes: 96))'" }

    private static func shortened(_ text: String) -> String { text.shortened(toBytes: 320) }
}

extension ServerSignals {
    /// Asks the servers of a pool what they serve, all at once, and tells what is wrong with it.
    ///
    /// - Parameters:
    ///   - pool: the provider's name.
    ///   - endpoints: its endpoints; those at one URL are asked once, public ones not at all.
    ///   - wanted: the models that jobs ask for; empty where they are not known.
    /// - Returns: the faults in words, without secrets; none of a pool of one server.
    package func faults(of pool: String, _ endpoints: [Endpoint], asking wanted: [String]) async -> [String] {
        var urls: Set<String> = []
        let asked = endpoints.filter { !$0.isPublic && urls.insert($0.url).inserted }
        guard asked.count > 1 else { return [] }
        let identities = await withTaskGroup(of: (Int, ServerIdentity).self) { group in
            for (place, endpoint) in asked.enumerated() {
                group.addTask { (place, await identity(of: endpoint)) }
            }
            return await group.reduce(into: [Int: ServerIdentity]()) { $0[$1.0] = $1.1 }
        }
        let members = asked.enumerated().map { place, endpoint in
            PoolSurvey.Member(url: endpoint.url, identity: identities[place] ?? .untold)
        }
        // A server may have our own key in what it says.
        return PoolSurvey(pool: pool, members: members).faults(asking: wanted).map { fault in
            endpoints.reduce(fault) { $1.redactor.redacted($0) }
        }
    }
}

import Foundation

/// The cost of TLS, and of many streams a connection: the mock serves all sides of the comparison, since the lean source
/// has no TLS.
struct TLSGoal {
    /// How many streams the mock takes on a connection of HTTP/2.
    private static let streamsPerConnection = 100
    private let workplace: Workplace
    private let scale: GoalScale

    init(_ workplace: Workplace, _ scale: GoalScale) {
        self.workplace = workplace
        self.scale = scale
    }

    func measure() throws -> [GoalLine] {
        guard let (certificate, key) = certificate() else {
            return [GoalLine("TLS", skipped: "openssl is missing: no certificate")]
        }
        let mock = [workplace.binary, "mock"]
        let plain = try Source(scratch: workplace.scratch, server: mock)
        defer { plain.stop() }
        let secure = try Source(
            scratch: workplace.scratch, server: mock + ["--tls-certificate", certificate, "--tls-key", key],
            caFile: certificate)
        defer { secure.stop() }
        let many = try Source(
            scratch: workplace.scratch,
            server: mock + [
                "--tls-certificate", certificate, "--tls-key", key,
                "--http2-streams", String(Self.streamsPerConnection),
            ],
            caFile: certificate)
        defer { many.stop() }
        let load = Load.paced(streams: scale.streams, milliseconds: 50, seconds: scale.seconds)
        var plainFigures: [Figures?] = []
        var secureFigures: [Figures?] = []
        var manyFigures: [Figures?] = []
        var oneMore: [[Double?]] = [[], [], []]
        for _ in 0..<scale.rounds {
            plainFigures.append(plain.measureOwn(load, store: "full"))
            secureFigures.append(secure.measureOwn(load, store: "full"))
            manyFigures.append(many.measureOwn(load, store: "full"))
            for (index, source) in [plain, secure, many].enumerated() {
                oneMore[index].append(kilobytesOfOneMore(source))
            }
        }
        let plainCost = plainFigures.map { $0?.cost }
        let secureCost = secureFigures.map { $0?.cost }
        let manyCost = manyFigures.map { $0?.cost }
        let fewest = scale.streams / Self.streamsPerConnection
        return [
            GoalLine("plain, us an event", .none, plainCost),
            GoalLine("TLS, us an event", .none, secureCost),
            GoalLine("HTTP/2 with TLS, us an event", .none, manyCost),
            GoalLine("TLS to plain", .atMost(1.5), ratios(secureCost, plainCost), unit: " x"),
            GoalLine("HTTP/2 with TLS to plain HTTP/1.1", .atMost(1.3), ratios(manyCost, plainCost), unit: " x"),
            GoalLine("one stream more, plain", .none, oneMore[0], unit: " KB", digits: 1),
            GoalLine("one stream more, TLS", .none, oneMore[1], unit: " KB", digits: 1),
            GoalLine(
                "one stream more, HTTP/2 with TLS", .atMost(8), oneMore[2], unit: " KB", digits: 1),
            GoalLine(
                "connections by HTTP/2", .atMost(Double(20 + fewest)), manyFigures.map { $0?.number("connections") },
                unit: "", digits: 0),
        ]
    }

    /// The memory of one open stream more, in KiB: what a process takes without any falls out of the difference.
    ///
    /// Without a store, whose caches grow with what they are given.
    private func kilobytesOfOneMore(_ source: Source) -> Double? {
        let counts = [scale.streams, 2 * scale.streams]
        let resident = counts.map { count in
            let load = Load.paced(streams: count, milliseconds: 500, seconds: 2)
            return source.measureOwn(load, store: "none")?.number("resident_kb")
        }
        guard let few = resident[0], let many = resident[1] else { return nil }
        return (many - few) / Double(counts[1] - counts[0])
    }

    /// A self-signed certificate for 127.0.0.1, and its key.
    private func certificate() -> (certificate: String, key: String)? {
        let certificate = workplace.scratch.path("certificate.pem")
        let key = workplace.scratch.path("key.pem")
        let made = Child.output(
            [
                "/usr/bin/env", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ])
        return made == nil ? nil : (certificate, key)
    }
}

import BatchEngine
import CoreMetrics
import Synchronization

/// Counts what happens in a run with a program's back end for metrics.
///
/// The names and labels are those of `/metrics` (Contract, "Watch") where both tell a thing; these count one run.
final class RunMetrics: Sendable {
    private struct Name: Hashable {
        var label: String
        var values: [String]
    }

    /// Made once each: a back end looks a name up whenever an instrument is made.
    private struct Instruments {
        var counters: [Name: Counter] = [:]
        var costs: [Name: FloatingPointCounter] = [:]
        var timers: [Name: Timer] = [:]
        /// Of endpoints.
        var meters: [Name: Meter] = [:]
    }

    private typealias Dimensions = [(String, String)]

    private let factory: any MetricsFactory
    private let instruments = Mutex(Instruments())
    private let openStreams: Meter
    private let waitingJobs: Meter

    /// - Parameter factory: of the back end.
    init(_ factory: any MetricsFactory) {
        self.factory = factory
        openStreams = Meter(label: "llm4s_batch_open_streams", factory: factory)
        waitingJobs = Meter(label: "llm4s_batch_waiting_jobs", factory: factory)
    }

    /// Counts what an event means.
    func count(_ event: RunEvent) {
        guard case .attemptEnded(let report) = event else { return }
        let end = report.end
        // Nothing was sent for it.
        if end.isTaken { return }
        let model = [("provider", report.model.provider), ("model", report.model.model)]
        instruments.withLock { instruments in
            add(
                1, "attempts_total",
                model + [("outcome", end.status.rawValue), ("error_kind", end.error?.kind.rawValue ?? "")],
                &instruments)
            if let cost = end.costUSD, cost > 0 {
                addCost(cost, model + [("tier", end.result.serviceTier ?? "")], &instruments)
            }
            guard case .completed(let records) = end.transition, let answer = records.first else { return }
            for (kind, tokens) in [
                ("input", answer.promptTokens), ("output", answer.completionTokens),
                ("cached", answer.cachedTokens), ("reasoning", answer.reasoningTokens),
            ] {
                if let tokens, tokens > 0 { add(tokens, "tokens_total", model + [("kind", kind)], &instruments) }
            }
            if let time = end.result.firstChunkMicroseconds {
                record(microseconds: time, "first_token_seconds", model, &instruments)
            }
            record(microseconds: end.result.durationMicroseconds, "attempt_seconds", model, &instruments)
        }
    }

    /// Shows how many streams are open, in all and by endpoint, and how many jobs wait for another attempt.
    func show(_ snapshot: RunSnapshot) {
        openStreams.set(snapshot.running)
        waitingJobs.set(snapshot.waiting)
        instruments.withLock { instruments in
            for endpoint in snapshot.endpoints.prefix(EndpointSnapshot.mostMeasured) {
                let dimensions = [("provider", endpoint.provider), ("endpoint", endpoint.endpoint)]
                for (label, value) in [
                    ("endpoint_streams", endpoint.running), ("endpoint_silent_streams", endpoint.silent),
                    ("endpoint_width", endpoint.width),
                ] {
                    meter(label, dimensions, &instruments).set(value)
                }
            }
        }
    }

    /// Nothing is open any more.
    func end() {
        show(RunSnapshot())
        instruments.withLock { instruments in for meter in instruments.meters.values { meter.set(0) } }
    }

    private func meter(_ label: String, _ dimensions: Dimensions, _ instruments: inout Instruments) -> Meter {
        Self.known(&instruments.meters, label, dimensions) { name in
            Meter(label: name, dimensions: dimensions, factory: factory)
        }
    }

    private func add(_ count: Int, _ label: String, _ dimensions: Dimensions, _ instruments: inout Instruments) {
        let counter = Self.known(&instruments.counters, label, dimensions) { name in
            Counter(label: name, dimensions: dimensions, factory: factory)
        }
        counter.increment(by: count)
    }

    private func addCost(_ cost: Double, _ dimensions: Dimensions, _ instruments: inout Instruments) {
        let counter = Self.known(&instruments.costs, "cost_usd_total", dimensions) { name in
            FloatingPointCounter(label: name, dimensions: dimensions, factory: factory)
        }
        counter.increment(by: cost)
    }

    private func record(
        microseconds: Int64, _ label: String, _ dimensions: Dimensions, _ instruments: inout Instruments
    ) {
        let timer = Self.known(&instruments.timers, label, dimensions) { name in
            Timer(label: name, dimensions: dimensions, factory: factory)
        }
        timer.recordMicroseconds(microseconds)
    }

    private static func known<Instrument>(
        _ instruments: inout [Name: Instrument], _ label: String, _ dimensions: Dimensions,
        _ make: (String) -> Instrument
    ) -> Instrument {
        let name = Name(label: label, values: dimensions.map(\.1))
        if let instrument = instruments[name] { return instrument }
        let instrument = make("llm4s_batch_" + label)
        instruments[name] = instrument
        return instrument
    }
}

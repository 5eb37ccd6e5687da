import BatchEngine
import CoreMetrics

extension SessionObserver {
    /// What a program is told: by its closure, and by its logger and its metrics where it has them.
    init(_ options: BatchOptions, _ onEvent: @escaping @Sendable (BatchEvent) -> Void) {
        self.init()
        let log = options.logger.map(RunLog.init)
        let metrics = (options.metrics ?? Self.ownMetrics).map(RunMetrics.init)
        happened = { event in
            metrics?.count(event)
            log?.tell(event)
            BatchEvent(event).map(onEvent)
        }
        warned = { text in
            log?.warned(text)
            onEvent(.warning(text))
        }
        if let log { began = { log.began($0) } }
        if let metrics {
            secondPassed = { metrics.show($0) }
            ended = { metrics.end() }
        }
    }

    /// The back end that the program has set up; nil where it has none, so that nothing is counted for nobody.
    private static var ownMetrics: (any MetricsFactory)? {
        let factory = MetricsSystem.factory
        return factory is NOOPMetricsHandler ? nil : factory
    }
}

/// What the runner does next.
enum AdmissionStep {
    /// Sends a job.
    case start(Job, isProbe: Bool)
    /// Asks the store for the next jobs of a lane.
    case read(LanePlace)
    /// Waits for something to change, but not beyond these times: since the run's start, and by the wall clock in Unix
    /// milliseconds.
    case wait(until: Duration?, due: Int64?)
}

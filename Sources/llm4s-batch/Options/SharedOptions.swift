import ArgumentParser
import BatchStore
import LLM4SBatch

/// Where a run publishes what it has, for others that may go on with it (Contract, "Shared folders").
struct SharedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Folder that all machines see: what the run has is published there, what earlier attempts of its jobs published "
                + "is taken first, and --rpm, --tpm and learnt rates are divided by the workers that live there "
                + "(default: none).", valueName: "DIR"), completion: .directory)
    var shared: String?

    @Option(
        help: ArgumentHelp(
            "How often it publishes in --shared, from 100ms to 24h; at its end it does so in any case (default: 30s).",
            valueName: "DURATION"))
    var every: DurationArgument?

    mutating func validate() throws {
        if shared?.isEmpty == true { throw ValidationError("--shared must name a folder") }
        guard let every else { return }
        guard BatchOptions.publishingIntervals.contains(every.duration) else {
            throw ValidationError("--every must be from 100ms to 24h")
        }
    }

    /// Enters them into the options of a run.
    func add(to batch: inout BatchOptions) {
        batch.sharedFolder = shared
        if let every { batch.publishingInterval = every.duration }
    }

    /// Checks them with the others, and that the folder can be used, before anything is read or made.
    ///
    /// - Parameter limits: of the same run.
    func check(with limits: LimitOptions) throws {
        guard let shared else {
            if every != nil { throw Exit(.input, "--every goes with --shared DIR") }
            return
        }
        if limits.share?.value != nil {
            throw Exit(
                .input,
                "--share and --shared exclude each other: in a shared folder the workers that live have equal shares")
        }
        do { try SharedFolder(shared).check() } catch { throw error.batchError }
    }
}

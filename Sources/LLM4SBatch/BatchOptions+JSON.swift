import Foundation
import LLMStreaming

extension BatchOptions {
    /// The options in force under the command's names, for the table `runs`: `resume` and `retry` take limits over from it.
    var stored: JSONObject {
        var object = JSONObject()
        object["base-url"] = baseURL.map(JSON.string)
        object["concurrency"] = .int(concurrency)
        if !concurrencyPerProvider.isEmpty {
            object["concurrency-per-provider"] = .array(
                concurrencyPerProvider.sorted { $0.key < $1.key }.map { .string("\($0.key)=\($0.value)") })
        }
        object["rpm"] = requestsPerMinute.map(JSON.int)
        object["tpm"] = tokensPerMinute.map(JSON.int)
        // Whole, since the next run may be in another folder.
        object["prices"] = prices.map { .string(URL(filePath: $0).path) }
        object["outage-timeout"] = Self.text(outageTimeout)
        object["max-cost"] = maximumCost.map(JSON.double)
        object["max-tokens-total"] = maximumTokens.map(JSON.int)
        object["max-attempts"] = .int(maximumAttempts)
        object["connect-timeout"] = Self.text(timeouts.connect)
        if timeouts.firstToken != StreamTimeouts().firstToken {
            object["first-token-timeout"] = Self.text(timeouts.firstToken)
        }
        object["idle-timeout"] = Self.text(timeouts.idle)
        object["stall-timeout"] = Self.text(timeouts.stall)
        object["job-timeout"] = timeouts.job.map(Self.text)
        object["drain-timeout"] = Self.text(drainTimeout)
        object["resume"] = .string(resume.rawValue)
        object["service-tier"] = serviceTier.map(JSON.string)
        object["max-jobs"] = .int(maximumJobs ?? 0)
        object["fail-fast"] = .bool(failsFast)
        object["chunks"] = .string(chunks.rawValue)
        object["durability"] = .string(durability.rawValue)
        object["max-event-bytes"] = .int(maximumEventBytes)
        object["ca-file"] = caFile.map(JSON.string)
        if trustsCAFileOnly { object["ca-only"] = true }
        object["client-cert"] = clientCertificate.map(JSON.string)
        object["client-key"] = clientKey.map(JSON.string)
        return object
    }

    private static func text(_ duration: Duration) -> JSON {
        let (seconds, attoseconds) = duration.components
        return .string(
            attoseconds == 0 ? "\(seconds)s" : "\(Int64((duration / .milliseconds(1)).clamped(to: 0...1e15)))ms")
    }
}

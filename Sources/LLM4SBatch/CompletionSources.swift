import BatchEngine
import LLM4S

/// The network is where a run's answers come from.
extension StreamingTransport: CompletionSource {}
extension StreamAttempt: CompletionAttempt {}

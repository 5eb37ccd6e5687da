import Dispatch
import SystemCalls
import Testing

/// Signals that come as calls.
@Suite struct SignalSourceTests {
    @Test(.timeLimit(.minutes(15))) func aSignalRightAfterItsTakeOverIsNotLost() async {
        for _ in 0..<20 {
            let (calls, continuation) = AsyncStream.makeStream(of: Void.self)
            let source = SignalSource(SIGUSR2, queue: DispatchQueue(label: "signals")) { continuation.finish() }
            kill(getpid(), SIGUSR2)
            for await _ in calls {}
            withExtendedLifetime(source) {}
        }
    }
}

/// The result of a stream behind a reference: the frame of each asynchronous function that waits for it would keep room
/// for the value, and a stream of a run is waited for through three.
package final class StreamEnd: Sendable {
    package let result: StreamResult

    package init(_ result: StreamResult) { self.result = result }
}

/// How a connection ended under a stream.
enum ConnectionLoss: Sendable, Equatable {
    /// The other side closed it in order, perhaps too early.
    case closed
    /// It broke, with the system's reason, such as a reset.
    case broken(String)
    /// The other side refused our part of TLS.
    case refused(TLSFault)
    /// The other side sent something that is no HTTP.
    case malformed(String)
}

import NIOCore
import NIOSSL

/// Why a server does not start, in words for its user: NIO's are for its developers.
package struct StartFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ error: any Error) {
        switch error {
        case let failure as StartFailure: self = failure
        case let error as IOError:
            // The name of a function stands before what the system says.
            let words = "\(error)"
            description = words.firstRange(of: "): ").map { String(words[$0.upperBound...]) } ?? words
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            description = "the certificate or its key cannot be read"
        default: description = "\(error)"
        }
    }
}

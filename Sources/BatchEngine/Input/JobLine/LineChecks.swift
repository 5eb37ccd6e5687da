import AnswerChecks
import LLMStreaming
import Synchronization

/// The checks that job lines name, each read and compiled once: a million lines may name the same one.
final class LineChecks: Sendable {
    private enum Reading { case check(AnswerCheck), faults([String]) }

    /// More different ones than that are read again.
    private static let maximumCount = 64

    private let whereNone: AnswerCheck?
    private let compiled = CheckCache()
    private let known = Mutex<[[UInt8]: Reading]>([:])

    /// - Parameter whereNone: the check of lines that name none.
    init(whereNone: AnswerCheck?) { self.whereNone = whereNone }

    /// What a line says a right answer is, to be stored; nil where it says nothing.
    ///
    /// Faults are added where it is no check, and where it, or the check of lines without one, asks for what the request
    /// does not have.
    func check(_ member: JSON?, of content: RequestContent, faults: inout LineFaults) -> [UInt8]? {
        guard let member else {
            if let whereNone { compile(whereNone, of: content, named: "--check", &faults) }
            return nil
        }
        let bytes = member.bytes
        switch reading(member, bytes) {
        case .faults(let reasons): for reason in reasons { faults.add("'check': \(reason)") }
        case .check(let check): compile(check, of: content, named: "'check'", &faults)
        }
        return bytes
    }

    private func compile(
        _ check: AnswerCheck, of content: RequestContent, named name: String, _ faults: inout LineFaults
    ) {
        do throws(CheckFault) {
            _ = try compiled.compiled(check, for: content)
        } catch {
            for reason in error.reasons { faults.add("\(name): \(reason)") }
        }
    }

    private func reading(_ member: JSON, _ bytes: [UInt8]) -> Reading {
        if let reading = known.withLock({ $0[bytes] }) { return reading }
        let reading: Reading
        do throws(CheckFault) {
            reading = .check(try AnswerCheck(member))
        } catch {
            reading = .faults(error.reasons)
        }
        known.withLock { known in
            if known.count >= Self.maximumCount { known.removeAll() }
            known[bytes] = reading
        }
        return reading
    }
}

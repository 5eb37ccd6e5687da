/// Why input cannot be used at all.
package enum InputError: Error, Sendable, CustomStringConvertible {
    case unreadable(source: String, reason: String)
    /// The file holds no job lines.
    case foreign(source: String, ForeignForm)
    /// The file is not the one that was checked.
    case changed(source: String)
    /// Lines with faults.
    case faults(FaultReport)

    package var description: String {
        switch self {
        case .unreadable(let source, let reason): "cannot read \(source): \(reason)"
        case .foreign(let source, let form): "\(source) is \(form.name): \(form.remedy)"
        case .changed(let source): "\(source) changed while it was read; nothing more is taken from it, run it again"
        case .faults(let report): report.description
        }
    }
}

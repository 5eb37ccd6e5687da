/// A behaviour option that cannot be understood.
package struct InvalidBehaviorOption: Error, CustomStringConvertible {
    /// The option as it was written.
    package let option: String
    /// What is wrong with it.
    package let reason: String

    package var description: String { "mock option '\(option)': \(reason)" }
}

/// A change of some of a running server's limits.
package struct CapacityChange: Sendable, Hashable {
    /// What a limit that may be missing becomes.
    package enum Limit: Sendable, Hashable {
        case endless
        case at(Int)

        /// A limit whose zero is none.
        init(_ number: Int) { self = number == 0 ? .endless : .at(number) }

        var value: Int? { if case .at(let number) = self { number } else { nil } }
    }

    package var slots: Int?
    package var queue: Limit?
    package var cacheBlocks: Int?
    package var prefillRate: Limit?
    package var decodeRate: Limit?
    package var totalRate: Limit?

    package init() {}

    var isEmpty: Bool { self == CapacityChange() }

    /// Sets the limit that an option is of.
    mutating func set(_ option: ControlOption, to value: OptionValue) throws(InvalidBehaviorOption) {
        switch option {
        case .slots: slots = try value.integer(in: CapacityLimits.slotCounts)
        case .queue: queue = value.text == "endless" ? .endless : .at(try value.integer())
        case .cacheblocks: cacheBlocks = try value.integer(in: CapacityLimits.blockCounts)
        case .prefillrate: prefillRate = Limit(try value.integer(in: 0...CapacityLimits.rates.upperBound))
        case .decoderate: decodeRate = Limit(try value.integer(in: 0...CapacityLimits.rates.upperBound))
        case .totalrate: totalRate = Limit(try value.integer(in: 0...CapacityLimits.rates.upperBound))
        default: preconditionFailure("'\(option)' is no limit of the capacity")
        }
    }

    /// Makes the change.
    package func apply(to limits: inout CapacityLimits) {
        if let slots { limits.slots = slots }
        if let queue { limits.queue = queue.value }
        if let cacheBlocks { limits.cacheBlocks = cacheBlocks }
        if let prefillRate { limits.prefillRate = prefillRate.value }
        if let decodeRate { limits.decodeRate = decodeRate.value }
        if let totalRate { limits.totalRate = totalRate.value }
    }
}

extension JSONObject {
    /// Adds the service tier that an event tells, where it is another than was told before.
    mutating func addServiceTier(of event: JSONObject, after told: inout String?) {
        guard let tier = event[Self.serviceTierName]?.string, !tier.isEmpty, tier != told else { return }
        told = tier
        self[Self.serviceTierName] = .string(tier)
    }

    static let serviceTierName = "service_tier"
}

/// What is known of a failed attempt beyond its error: of its job before, and of its provider now.
package struct RetryCircumstances: Sendable, Equatable {
    /// Whether the provider is out: failures cost no attempt then.
    package var isOutage = false
    /// How many attempts in a row, this one included, ended with the same JSON error under status 500.
    package var equalFailures = 0
    /// Whether the provider refuses (402, 403) one job after the other.
    package var isRefusedToAll = false
    /// Whether the job was refused so the last time too.
    package var wasRefused = false
    /// Whether its request by itself is larger, as far as can be guessed, than what is granted in a minute.
    package var isOverRate = false
    /// Whether the service tier that it asks for has no capacity now.
    package var isTierFull = false
    /// Whether it has had none for as long as an outage is waited for.
    package var isTierGivenUp = false
    /// Whether the model's requests for other tiers, or for none, are answered meanwhile.
    package var areOtherTiersAnswered = false

    package init() {}
}

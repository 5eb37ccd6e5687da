import Testing

@testable import LLM4S

/// For whom a certificate counts.
@Suite struct CertificateNamesTests {
    private let names = CertificateNames(
        hosts: ["api.example.com", "*.example.org", "*.com", "*"],
        addresses: [[10, 0, 0, 7], [0xFD] + [UInt8](repeating: 0, count: 14) + [1]])

    @Test(arguments: ["api.example.com", "API.Example.com", "api.example.com.", "a.example.org", "10.0.0.7", "fd00::1"])
    func countsForItsNamesAndAddresses(host: String) { #expect(names.include(host)) }

    @Test(arguments: [
        "example.com", "b.example.com", "x.api.example.com", "example.org", "a.b.example.org", "example.com.evil",
        "10.0.0.8", "fd00::2", "localhost", "other.com", "",
    ])
    func doesNotCountForOthers(host: String) { #expect(!names.include(host)) }
}

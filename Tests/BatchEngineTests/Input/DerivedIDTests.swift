import Testing

@testable import BatchEngine

@Suite struct DerivedIDTests {
    @Test(arguments: ["0123456789abcdef", "00000000000000ff-2", "ffffffffffffffff-4294967295"])
    func anIDOfItsFormReadsBack(text: String) { #expect(DerivedID(text)?.text == text) }

    @Test(arguments: [
        "", "0123456789abcde", "0123456789ABCDEF", "0123456789abcdef0", "0123456789abcdef-", "0123456789abcdef-1",
        "0123456789abcdef-0", "0123456789abcdef-02", "0123456789abcdef-+2", "0123456789abcdef-4294967296",
        "+123456789abcdef", "0123456789abcdé-2", "0123456789abcdef_2",
    ])
    func otherIDsAreNone(text: String) { #expect(DerivedID(text) == nil) }
}

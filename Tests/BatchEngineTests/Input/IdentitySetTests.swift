import Testing

@testable import BatchEngine

@Suite struct IdentitySetTests {
    private func hash(_ text: String) -> RequestHash { RequestHash(sha256Of: Array(text.utf8)) }

    @Test func anIDIsFreeOnce() {
        var set = IdentitySet()
        #expect(set.insert("a") == true)
        #expect(set.insert("b") == true)
        #expect(set.insert("a") == false)
    }

    @Test func idsThatOnlySwiftTakesForEqualAreDifferent() {
        var set = IdentitySet()
        #expect(set.insert("e\u{301}") == true)
        #expect(set.insert("\u{e9}") == true)
    }

    @Test func repeatsOfARequestAreNumbered() {
        var set = IdentitySet()
        let first = hash("a").prefix.hexadecimal
        #expect(set.insert(derivedFrom: hash("a")) == (first, true))
        #expect(set.insert(derivedFrom: hash("b")) == (hash("b").prefix.hexadecimal, true))
        #expect(set.insert(derivedFrom: hash("a")) == (first + "-2", true))
        #expect(set.insert(derivedFrom: hash("a")) == (first + "-3", true))
    }

    /// Many repeats take as long as other lines, not a look at all before.
    @Test func manyRepeatsAreNumberedInOneStepEach() {
        var set = IdentitySet()
        var last = ""
        for _ in 0..<30_000 { last = set.insert(derivedFrom: hash("a")).id }
        #expect(last == hash("a").prefix.hexadecimal + "-30000")
    }

    @Test func aGivenIDThatIsADerivedOneIsTaken() {
        var set = IdentitySet()
        let id = hash("a").prefix.hexadecimal
        _ = set.insert(derivedFrom: hash("a"))
        #expect(set.insert(id) == false)
        #expect(set.insert(id + "-2") == true)
        #expect(set.insert(derivedFrom: hash("a")) == (id + "-2", false))
        #expect(set.insert(derivedFrom: hash("a")) == (id + "-3", true))
        #expect(set.insert(id + "-3") == false)
    }

    @Test func containsWhatWasTakenAndNothingElse() {
        var set = IdentitySet()
        #expect(!set.contains("a"))
        _ = set.insert("a")
        for _ in 0..<2 { _ = set.insert(derivedFrom: hash("b")) }
        let derived = hash("b").prefix.hexadecimal
        for id in ["a", derived, derived + "-2"] { #expect(set.contains(id)) }
        for id in ["b", derived + "-3", hash("a").prefix.hexadecimal] { #expect(!set.contains(id)) }
    }

    @Test func aDerivedIDThatALineGaveBeforeIsTaken() {
        var set = IdentitySet()
        let id = hash("a").prefix.hexadecimal
        #expect(set.insert(id) == true)
        #expect(set.insert(derivedFrom: hash("a")) == (id, false))
    }

    /// Issue 2: at most 24 bytes a line between 10,000 and 1,000,000 lines, of whatever kind.
    @Test func takesAtMost24BytesAJob() {
        var set = IdentitySet()
        for number in 0..<30_000 {
            switch number % 3 {
            case 0: _ = set.insert("job-\(number)")
            case 1: _ = set.insert(derivedFrom: hash("\(number)"))
            default: _ = set.insert(derivedFrom: hash("\(number / 9)"))
            }
            if number > 10_000, set.bytes > 24 * number { Issue.record("\(set.bytes) bytes at \(number)") }
        }
    }
}

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

import Testing

@testable import BatchEngine

/// Rates per minute as buckets: never more than two seconds of them at once.
struct TokenBucketTests {
    @Test func itHoldsTwoSecondsOfItsRateAndOneAtLeast() {
        #expect(TokenBucket(perMinute: 600, minimum: 1, level: 1, at: .zero).capacity == 20)
        #expect(TokenBucket(perMinute: 6, minimum: 1, level: 1, at: .zero).capacity == 1)
        let idle = TokenBucket(perMinute: 600, minimum: 1, level: 1, at: .zero)
        #expect(idle.level(at: .seconds(3600)) == 20)
    }

    @Test(arguments: [6.0, 60, 600, 60_000])
    func overAMinuteItLetsItsRateThrough(perMinute: Double) {
        var bucket = TokenBucket(perMinute: perMinute, minimum: 1, level: 1, at: .zero)
        var now = Duration.zero
        var count = 0
        while now < .seconds(60) {
            let wait = bucket.wait(for: 1, at: now)
            if wait > .zero {
                now += wait
                continue
            }
            bucket.take(1, at: now)
            count += 1
        }
        #expect(abs(Double(count) - perMinute) <= 2)
    }

    @Test func whatIsLargerThanTheBucketPassesAloneAndIsPaidForByLaterOnes() {
        var bucket = TokenBucket(perMinute: 60_000, minimum: 0, level: 0, at: .zero)
        #expect(bucket.wait(for: 10_000, at: .zero) == .seconds(2))
        bucket.take(10_000, at: .seconds(2))
        #expect(bucket.wait(for: 1000, at: .seconds(2)) == .seconds(9))
    }

    @Test func whatWasNotUsedIsGivenBackAndWhatWasTooMuchIsADebt() {
        var bucket = TokenBucket(perMinute: 60_000, minimum: 0, level: 2000, at: .zero)
        bucket.take(2000, at: .zero)
        bucket.take(-500, at: .zero)
        #expect(bucket.level(at: .zero) == 500)
        bucket.take(1500, at: .zero)
        #expect(bucket.level(at: .seconds(1)) == 0)
    }

    @Test func anotherRateHoldsFromThenOn() {
        var bucket = TokenBucket(perMinute: 6000, minimum: 1, level: 0, at: .zero)
        bucket.setRate(perMinute: 600, at: .seconds(1))
        #expect(bucket.level(at: .seconds(1)) == 20)
        bucket.take(20, at: .seconds(1))
        #expect(bucket.wait(for: 1, at: .seconds(1)) == .milliseconds(100))
    }
}

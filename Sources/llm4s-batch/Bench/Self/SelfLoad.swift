/// The load of `bench --self`: what each stream sends and how many there are.
struct SelfLoad: Sendable {
    /// Streams open at once.
    var streams: Int
    /// The time between two packets of a stream; nil for as fast as the client reads.
    var pace: Duration?
    /// Events in a packet.
    var packet: Int
    /// Words in an event.
    var words: Int
    var promptBytes: Int

    /// What asks the source for it.
    var model: String {
        // A paced stream outlasts the window, an unpaced one ends and the next begins.
        let events = pace == nil ? 200 * packet : 100_000_000
        var model = "bulk=\(events)+packet=\(packet)+chunk=\(words)"
        if let pace { model += "+pace=\(Int(pace.inSeconds * 1e6))us" }
        return model
    }

    /// The same with the sender's clock in each event.
    var stampedModel: String { model + "+stamp" }

    /// Jobs that suffice for every window: paced streams stay, of unpaced ones many follow.
    var jobs: Int { pace == nil ? 30_000 + streams : streams }

    var text: String {
        let count = streams == 1 ? "1 stream" : "\(streams) streams"
        let rhythm = pace.map { "a packet every \($0.inSeconds * 1000) ms" } ?? "as fast as the client reads"
        let events = packet == 1 ? "1 event a packet" : "\(packet) events a packet"
        return "\(count), \(rhythm), \(events), \(words == 1 ? "1 word" : "\(words) words") an event"
    }
}

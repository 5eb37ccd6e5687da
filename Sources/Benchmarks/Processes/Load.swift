/// The load of a measurement: what each stream sends, how many there are, and for how long they are measured.
struct Load {
    var streams: Int
    /// The model's name, by which the source knows what to send.
    var model: String
    var settleSeconds = 1.0
    var windowSeconds = 5.0
    var promptBytes = 100
    /// Jobs that suffice for the window; nil for the client's own number.
    var jobs: Int?

    /// One event a packet at a pace; the streams outlast the window.
    static func paced(streams: Int, milliseconds: Int, seconds: Double) -> Load {
        Load(streams: streams, model: "bulk=100000000+pace=\(milliseconds)ms", windowSeconds: seconds)
    }

    /// Ten events a packet, as fast as they are read; the flood begins when the connections are open.
    ///
    /// The streams outlast ten seconds at four million events a second.
    static func flood(streams: Int, seconds: Double) -> Load {
        Load(
            streams: streams, model: "bulk=\(40_000_000 / streams)+packet=10+ttft=3s", settleSeconds: 4,
            windowSeconds: seconds)
    }

    /// The same load with its sender's clock in each event.
    var stamped: Load {
        var load = self
        load.model += "+stamp"
        return load
    }
}

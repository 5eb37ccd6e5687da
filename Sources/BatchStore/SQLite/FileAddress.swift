extension Connection {
    /// The URI of a file that is there; where it is unchanging, as of one that nobody writes.
    static func address(of path: String, isUnchanging: Bool) -> String {
        "file:" + escaped(path) + (isUnchanging ? "?immutable=1" : "?mode=rw")
    }

    private static func escaped(_ path: String) -> String {
        var result = ""
        for scalar in path.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "?": result += "%3F"
            case "#": result += "%23"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

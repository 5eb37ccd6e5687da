/// A value that takes no room where it is not there.
final class Reference<Value> {
    var value: Value

    init(_ value: Value) { self.value = value }
}

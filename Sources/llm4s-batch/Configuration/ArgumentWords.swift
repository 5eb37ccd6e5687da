// Imported publicly: a conformance of a public type is public.
public import ArgumentParser
public import LLMStreaming

extension ErrorKind: ExpressibleByArgument {}
extension FinishReason: ExpressibleByArgument {}

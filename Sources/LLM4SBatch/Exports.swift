// One import for programs that run batches: models, usage and errors are the library's.
@_exported public import LLM4S

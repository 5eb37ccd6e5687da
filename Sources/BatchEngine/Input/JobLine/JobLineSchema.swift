/// The JSON Schema of a job line, `schema/job_line_schema.json`, as `schema --json-schema` prints it.
package enum JobLineSchema {
    package static var json: [UInt8] { PackageResources.job_line_schema_json }
}

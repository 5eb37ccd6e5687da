import Foundation
package import LLMStreaming

extension PriceTable {
    /// Reads the table of a file.
    ///
    /// - Throws: `ConfigurationError` naming the file and what is wrong with it.
    package init(file path: String) throws(ConfigurationError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(path): the price table cannot be read")
        }
        do { self = try PriceTable(JSONParser.parse([UInt8](data))) } catch let error as ConfigurationError {
            throw ConfigurationError("\(path): \(error)")
        } catch {
            throw ConfigurationError("\(path): not JSON: \(error)")
        }
    }

    /// Why what jobs cost cannot be bounded: a model has no price; nil where all have.
    ///
    /// - Parameters:
    ///   - lanes: the models that jobs ask.
    ///   - bound: the name of the option that bounds it.
    ///   - table: the name of the option that names the table.
    package func fault(bounding lanes: [ModelName], bound: String, table: String) -> ConfigurationError? {
        let unknown = lanes.filter { price(of: $0) == nil }
        guard let first = unknown.first else { return nil }
        let others = unknown.count > 1 ? " and \(unknown.count - 1) more" : ""
        return ConfigurationError(
            "\(bound) needs a price for every model: '\(first.name)'\(others) has none; name it in \(table)"
                + suggestion(for: first))
    }
}

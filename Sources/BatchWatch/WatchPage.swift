package import LLMStreaming

/// The page, and the report that stands alone: what the program carries in it.
package enum WatchPage {
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The answer to the path of a part of the page; nil for another path.
    ///
    /// - Parameter token: what the page needs to change something.
    package static func answer(_ path: [String], token: ControlToken) -> WatchAnswer? {
        switch path {
        case []:
            let html = text(PackageResources.page_html).replacing("{{control-token}}", with: token.text)
            return WatchAnswer(contentType: "text/html; charset=utf-8", body: .bytes(Array(html.utf8)))
        case ["page.css"]:
            return WatchAnswer(contentType: "text/css; charset=utf-8", body: .bytes(PackageResources.page_css))
        case ["page.js"]:
            return WatchAnswer(contentType: "text/javascript; charset=utf-8", body: .bytes(PackageResources.page_js))
        default: return nil
        }
    }

    /// One file with all of the page and its figures in it; a browser runs its own script alone, and loads nothing.
    ///
    /// - Parameter digest: the SHA-256 of bytes in base64.
    package static func report(_ figures: JSON, digest: ([UInt8]) -> String) -> String {
        let policy =
            "default-src 'none'; script-src 'sha256-\(digest(PackageResources.page_js))'; "
            + "style-src 'sha256-\(digest(PackageResources.page_css))'; img-src data:; base-uri 'none'; form-action 'none'"
        // In this order: what the figures hold is not looked at again.
        return text(PackageResources.report_html)
            .replacing("<head>", with: #"<head><meta http-equiv="Content-Security-Policy" content="\#(policy)">"#)
            .replacing("{{page.css}}", with: text(PackageResources.page_css))
            .replacing("{{page.js}}", with: text(PackageResources.page_js))
            .replacing("{{report-data}}", with: inert(figures))
    }

    /// JSON in which nothing can end or begin an element: what could is escaped, and the value is the same.
    static func inert(_ value: JSON) -> String {
        var result = ""
        for scalar in value.text.unicodeScalars {
            switch scalar {
            case "<", ">", "&", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

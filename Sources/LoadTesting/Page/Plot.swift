import Foundation

/// A plot as an inline SVG: axes, and series of points, lines or columns.
struct Plot: Sendable {
    /// What is drawn.
    enum Series: Sendable {
        case points([(x: Double, y: Double)])
        case line([(x: Double, y: Double)], name: String)
        /// A line with visible points.
        case curve([(x: Double, y: Double)], name: String)
        /// Columns from one value of x to another.
        case columns([(from: Double, to: Double, y: Double)])
    }

    // Small, so that the words can be read on a telephone, which makes it smaller still.
    private static let width = 440.0
    private static let height = 230.0
    private static let left = 50.0
    private static let right = 16.0
    private static let top = 28.0
    private static let bottom = 40.0
    /// More points than this are thinned, so that the page opens quickly.
    private static let maximumPoints = 4_000

    var title: String
    var xTitle: String
    var yTitle: String
    var x: PlotScale
    var y: PlotScale
    var series: [Series]

    var svg: String {
        var parts = [
            #"<svg viewBox="0 0 \#(Self.number(Self.width)) \#(Self.number(Self.height))" role="img" aria-label="\#(Page.escape(title))">"#,
            #"<text x="\#(Self.number(Self.left))" y="16" class="title">\#(Page.escape(title))</text>"#,
        ]
        parts += axes
        for (index, series) in series.enumerated() { parts += marks(series, color: index) }
        parts.append("</svg>")
        return parts.joined(separator: "\n")
    }

    private var axes: [String] {
        var parts: [String] = []
        for tick in y.ticks {
            let place = Self.number(at(y: tick))
            parts.append(
                #"<line x1="\#(Self.number(Self.left))" x2="\#(Self.number(Self.width - Self.right))" y1="\#(place)" y2="\#(place)" class="grid"/>"#
            )
            parts.append(
                #"<text x="\#(Self.number(Self.left - 6))" y="\#(place)" class="tick end">\#(Self.label(tick))</text>"#)
        }
        for tick in x.ticks {
            let place = Self.number(at(x: tick))
            let base = Self.number(Self.height - Self.bottom + 14)
            parts.append(#"<text x="\#(place)" y="\#(base)" class="tick middle">\#(Self.label(tick))</text>"#)
        }
        let middle = Self.number((Self.left + Self.width - Self.right) / 2)
        parts.append(
            #"<text x="\#(middle)" y="\#(Self.number(Self.height - 6))" class="axis middle">\#(Page.escape(xTitle))</text>"#
        )
        parts.append(
            #"<text x="\#(Self.number(Self.width - Self.right))" y="16" class="axis end">\#(Page.escape(yTitle))</text>"#
        )
        return parts
    }

    private func marks(_ series: Series, color: Int) -> [String] {
        switch series {
        case .points(let points):
            let step = max(1, (points.count + Self.maximumPoints - 1) / Self.maximumPoints)
            return stride(from: 0, to: points.count, by: step).map { index in
                let point = points[index]
                return
                    #"<circle cx="\#(Self.number(at(x: point.x)))" cy="\#(Self.number(at(y: point.y)))" r="1.8" class="mark\#(color)"/>"#
            }
        case .line(let points, let name): return line(points, name, color)
        case .curve(let points, let name):
            return line(points, name, color)
                + points.map { point in
                    #"<circle cx="\#(Self.number(at(x: point.x)))" cy="\#(Self.number(at(y: point.y)))" r="3" class="mark\#(color)"/>"#
                }
        case .columns(let columns):
            return columns.map { column in
                let (from, to, value) = (at(x: column.from), at(x: column.to), at(y: column.y))
                let base = Self.height - Self.bottom
                return
                    #"<rect x="\#(Self.number(from))" y="\#(Self.number(value))" width="\#(Self.number(max(1, to - from)))" height="\#(Self.number(base - value))" class="mark\#(color)"/>"#
            }
        }
    }

    private func line(_ points: [(x: Double, y: Double)], _ name: String, _ color: Int) -> [String] {
        guard !points.isEmpty else { return [] }
        let path = points.map { "\(Self.number(at(x: $0.x))),\(Self.number(at(y: $0.y)))" }.joined(separator: " ")
        let legend = Self.number(Self.left + 150 + Double(color) * 40)
        return [
            #"<polyline points="\#(path)" class="line\#(color)"/>"#
        ]
            + (name.isEmpty
                ? [] : [#"<text x="\#(legend)" y="16" class="legend\#(color)">\#(Page.escape(name))</text>"#])
    }

    private func at(x value: Double) -> Double { Self.left + x.place(value) * (Self.width - Self.left - Self.right) }

    private func at(y value: Double) -> Double {
        Self.height - Self.bottom - y.place(value) * (Self.height - Self.top - Self.bottom)
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(format: "%.1f", value)
    }

    private static func label(_ value: Double) -> String {
        value != 0 && value < 0.01 ? String(format: "%g", value) : Figure.short(value)
    }
}

/// A linear or logarithmic scale: the places of values on an axis.
struct PlotScale: Sendable {
    let isLogarithmic: Bool
    let lower: Double
    let upper: Double
    /// The values that are written at the axis, where they are not the scale's own.
    private let given: [Double]?

    /// A scale of the loads of levels, which are written at the axis; logarithmic where they are far apart.
    init(ofLevels values: [Double]) {
        let (least, greatest) = (values.min() ?? 1, values.max() ?? 1)
        isLogarithmic = least > 0 && greatest >= 6 * least
        lower = isLogarithmic ? least : 0
        upper = isLogarithmic || greatest <= 0 ? max(greatest, 1e-9) : Self.round(greatest)
        let isRoom = values.count <= Self.mostGiven
        given = isRoom ? (isLogarithmic ? values : [0] + values) : isLogarithmic ? [least, greatest] : nil
    }

    /// More would overlap.
    private static let mostGiven = 10

    /// A scale from zero to a round number that is not less than the greatest value.
    init(through greatest: Double) {
        isLogarithmic = false
        lower = 0
        upper = Self.round(greatest > 0 ? greatest : 1)
        given = nil
    }

    /// A logarithmic scale over whole powers of ten that include both values.
    init(powersFrom least: Double, through greatest: Double) {
        isLogarithmic = true
        let first = floor(log10(max(least, 1e-9)))
        lower = pow(10, first)
        upper = pow(10, max(first + 1, ceil(log10(max(greatest, 1e-9)))))
        given = nil
    }

    /// The place of a value, from 0 to 1.
    func place(_ value: Double) -> Double {
        let share =
            isLogarithmic
            ? log(max(value, lower) / lower) / log(upper / lower) : (value - lower) / (upper - lower)
        return min(1, max(0, share))
    }

    /// The values that are written at the axis.
    var ticks: [Double] {
        if let given { return given }
        guard isLogarithmic else { return (0...4).map { upper * Double($0) / 4 } }
        let first = Int(log10(lower).rounded())
        return (first...Int(log10(upper).rounded())).map { pow(10, Double($0)) }
    }

    /// The least number of one digit times a power of ten that is not less and has quarters of few digits.
    private static func round(_ value: Double) -> Double {
        let power = pow(10, floor(log10(value)))
        return [1, 2, 3, 4, 5, 6, 8, 10].map { $0 * power }.first { $0 >= value * 0.999_999 } ?? value
    }
}

"""Small plots in a row of panels, as plain SVG that is readable on light and on dark pages."""
import html
import math

WIDTH, HEIGHT = 230, 190  # of a panel
LEFT, TOP, RIGHT, BOTTOM = 52, 28, 14, 38  # around its axes
HEAD = 48  # for title and legend
STYLE = """
text { font: 11px system-ui, sans-serif; fill: #57606a }
.title { font-size: 14px; font-weight: 600; fill: #1f2328 }
.grid { stroke: #d0d7de; stroke-width: 0.6 }
.line { fill: none; stroke-width: 2 }
.bound { fill: none; stroke-width: 1.4; stroke-dasharray: 5 3 }
.s0 { stroke: #0969da } .p0 { fill: #0969da }
.s1 { stroke: #bc4c00 } .p1 { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d }
  .s0 { stroke: #58a6ff } .p0 { fill: #58a6ff }
  .s1 { stroke: #ffa657 } .p1 { fill: #ffa657 }
}
"""


class Series:
    """The values of a panel, one for each place on its x axis, with the bound of each."""

    def __init__(self, name, values, bounds):
        self.name, self.values, self.bounds = name, values, bounds


class Panel:
    def __init__(self, label, places, series):
        self.label, self.places, self.series = label, places, series


def plot(title, unit, bound, panels):
    """An SVG of all panels side by side, two in a row; `bound` says what the dashed lines are."""
    rows = math.ceil(len(panels) / 2)
    width, height = 2 * WIDTH + 90, rows * HEIGHT + HEAD + 8
    names = [series.name for series in panels[0].series]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img"><title>{html.escape(title)}</title><style>{STYLE}</style>',
        text(12, 18, title, "title"),
    ]
    place = 12
    for index, name in enumerate([*names, bound]):
        kind = f"line s{index}" if index < len(names) else "bound s0"
        parts.append(f'<path class="{kind}" d="M{place} 34h22"/>' + text(place + 27, 38, name))
        place += 50 + 6 * len(name)
    for index, panel in enumerate(panels):
        x, y = 8 + index % 2 * (WIDTH + 45), HEAD + index // 2 * HEIGHT
        parts.append(f'<g transform="translate({x} {y})">{draw(panel, unit)}</g>')
    return "\n".join([*parts, "</svg>\n"])


def draw(panel, unit):
    inner, depth = WIDTH - LEFT - RIGHT + 40, HEIGHT - TOP - BOTTOM
    step, top = scale(max(max(series.values + series.bounds) for series in panel.series))
    across = [LEFT + inner * (index + 0.5) / len(panel.places) for index in range(len(panel.places))]

    def down(value):
        return TOP + depth * (1 - value / top)

    parts = [text(LEFT, 16, unit)]
    for index in range(round(top / step) + 1):
        y = down(index * step)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}h{inner}"/>')
        parts.append(text(LEFT - 6, y + 4, number(index * step), anchor="end"))
    for x, label in zip(across, panel.places):
        parts.append(text(x, TOP + depth + 15, str(label), anchor="middle"))
    parts.append(text(LEFT + inner / 2, TOP + depth + 30, panel.label, anchor="middle"))
    for index, series in enumerate(panel.series):
        for values, kind in ((series.bounds, "bound"), (series.values, "line")):
            points = " ".join(f"{x:.1f},{down(value):.1f}" for x, value in zip(across, values))
            parts.append(f'<polyline class="{kind} s{index}" points="{points}"/>')
        for x, place, value in zip(across, panel.places, series.values):
            tip = html.escape(f"{series.name}, {panel.label} {place}: {number(value)} {unit}")
            circle = f'<circle class="p{index}" cx="{x:.1f}" cy="{down(value):.1f}" r="3">'
            parts.append(f"{circle}<title>{tip}</title></circle>")
    return "".join(parts)


def scale(largest):
    """A round step, and the first multiple of it that nothing exceeds, for four steps or so."""
    rough = max(largest, 1e-9) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return step, step * math.ceil(largest / step - 1e-9)


def number(value):
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def text(x, y, words, kind="", anchor="start"):
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'

/// Charts and strips.
extension PageStyle {
  static let drawings = """
    svg { display: block; }
    svg svg { overflow: hidden; }
    .chart text { fill: var(--dim); font-size: 11px; font-variant-numeric: tabular-nums; }
    .chart { overflow: visible; }
    .axis { stroke: var(--dim); fill: none; stroke-width: 1; }
    .tick { stroke: var(--dim); fill: none; stroke-width: 1; }
    .guide { stroke: var(--rule); fill: none; stroke-width: 1; }
    .line { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linejoin: round; }
    .mark { fill: var(--ground); stroke: var(--accent); stroke-width: 1.6; }
    .fill { fill: var(--accent); }
    .spark { width: 96px; height: 20px; margin: -3px 0 -5px; }
    .spark path { fill: var(--accent); }
    .tree .bar, .ratio .bar, rect.bar { fill: var(--accent); }
    rect.apart { fill: var(--dim); }
    .track { fill: var(--rule); }
    .panel .chart { width: 100%; }
    .pair .fill { fill: rgba(var(--tint), .45); }
    .pair .line { stroke: var(--ink); stroke-width: 1.2; vector-effect: non-scaling-stroke; }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(256px, 1fr));
      gap: 28px 28px; }
    .charts figure { margin: 0; min-width: 0; }
    .charts .chart { width: 100%; }
    figcaption { font-size: 14px; margin-bottom: 6px; }
    .bars { display: flex; }
    .bars.few { max-width: 620px; }
    .bars.some { max-width: 900px; }
    .bars .scale { flex: none; }
    .bars .plot { flex: 1; min-width: 0; }
    .icicle { margin-bottom: 24px; }
    .icicle rect { stroke: var(--ground); stroke-width: 2; fill: rgba(var(--tint), .12); }
    .icicle .l0 { fill: rgba(var(--tint), .36); }
    .icicle .l1 { fill: rgba(var(--tint), .29); }
    .icicle .l2 { fill: rgba(var(--tint), .23); }
    .icicle .l3 { fill: rgba(var(--tint), .17); }
    .icicle text { fill: var(--ink); font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas,
      "Liberation Mono", "DejaVu Sans Mono", monospace; }
    .icicle .off { display: none; }

    """
}

/// How pages look: one accent, light or dark as the system or the switch has it, and fit to print.
package enum PageStyle {
  /// The style sheet.
  package static let text =
    colours("", of: light) + "@media screen and (prefers-color-scheme: dark) {\n"
    + colours(":not([data-theme=light])", of: dark) + "}\n@media screen {\n"
    + colours("[data-theme=dark]", of: dark) + "}\n" + page + tables + drawings + narrow + print

  private static func colours(_ condition: String, of palette: [(String, String)]) -> String {
    let names = palette.map { "--\($0): \($1);" }.joined(separator: " ")
    return ":root\(condition) { \(names) }\n"
  }

  /// Each pair of text and ground has a contrast of 4.5 or more (WCAG 2.2, 1.4.3).
  private static let light = [
    ("scheme", "light"), ("ground", "#fcfcfa"), ("raised", "#f4f5f2"), ("ink", "#1b2125"),
    ("dim", "#58636b"), ("rule", "#dfe2de"), ("accent", "#0b6a72"), ("tint", "11, 106, 114"),
    ("error", "#b3261e"), ("warning", "#855300"), ("good", "#276b3b"),
  ]

  private static let dark = [
    ("scheme", "dark"), ("ground", "#13171a"), ("raised", "#1b2125"), ("ink", "#e4e8ea"),
    ("dim", "#9ba7ae"), ("rule", "#2d353a"), ("accent", "#63c5cb"), ("tint", "99, 197, 203"),
    ("error", "#ff8d84"), ("warning", "#e3b355"), ("good", "#7fcb95"),
  ]

  private static let page = """
    :root { color-scheme: var(--scheme); background: var(--ground); color: var(--ink); }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    body { margin: 0 auto; max-width: 1216px; padding: 40px 32px 64px; font: 15px/1.5 "Inter",
      system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans",
      "Liberation Sans", Arial, sans-serif; -webkit-text-size-adjust: 100%; }
    bdi, code, .mono { font-family: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas,
      "Liberation Mono", "DejaVu Sans Mono", monospace; font-size: .867em;
      overflow-wrap: anywhere; }
    bdi { unicode-bidi: isolate; direction: ltr; }
    a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .2em; }
    a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
    .skip { position: absolute; left: -999em; }
    .skip:focus { left: 8px; top: 8px; background: var(--ground); padding: 4px 8px; }
    .top { display: flex; gap: 24px; justify-content: space-between; align-items: flex-start; }
    .top > div { min-width: 0; }
    .kind { margin: 0 0 4px; color: var(--accent); font-size: 13px; font-weight: 600; }
    h1 { margin: 0; font-size: 28px; line-height: 1.2; font-weight: 650; letter-spacing: -.015em;
      overflow-wrap: anywhere; }
    h1 bdi { font: inherit; }
    .lead { margin: 8px 0 0; color: var(--dim); max-width: 72ch; }
    button, input, select { font: inherit; color: inherit; }
    #theme { flex: none; background: none; border: 1px solid var(--rule); border-radius: 6px;
      padding: 4px 12px; font-size: 13px; cursor: pointer; }
    #theme:hover { border-color: var(--dim); }
    nav { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 24px; padding-top: 12px;
      border-top: 1px solid var(--rule); font-size: 14px; }
    nav a { color: var(--dim); text-decoration: none; }
    nav a:hover { color: var(--ink); text-decoration: underline; }
    section { margin-top: 48px; scroll-margin-top: 16px; }
    h2 { margin: 0; font-size: 19px; line-height: 1.3; font-weight: 650; letter-spacing: -.01em; }
    h3 { margin: 28px 0 8px; font-size: 15px; font-weight: 650; }
    .note { margin: 4px 0 0; color: var(--dim); font-size: 14px; max-width: 82ch; }
    h2 + :not(.note), .note + * { margin-top: 16px; }
    footer { margin-top: 64px; padding-top: 12px; border-top: 1px solid var(--rule);
      color: var(--dim); font-size: 13px; }
    dl { margin: 0; }
    dd { margin: 0; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr));
      gap: 20px 24px; }
    .tiles dt { color: var(--dim); font-size: 13px; }
    .tiles dd { font-size: 24px; line-height: 1.25; font-weight: 600; letter-spacing: -.015em;
      font-variant-numeric: tabular-nums; }
    .tiles small { display: block; color: var(--dim); font-size: 13px; font-weight: 400;
      letter-spacing: 0; line-height: 1.4; }
    .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 5px 24px;
      font-size: 14px; }
    .tiles + .facts, .tiles + .sides { margin-top: 28px; padding-top: 20px; border-top: 1px solid var(--rule); }
    .facts dt { color: var(--dim); }
    .facts dd { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
    .findings { list-style: none; margin: 16px 0 0; padding: 0; border-top: 1px solid var(--rule); }
    .findings li { display: grid; grid-template-columns: 84px minmax(0, 1fr); gap: 2px 16px;
      padding: 9px 0; border-bottom: 1px solid var(--rule); font-size: 14px; }
    .findings p:not(.where)::first-letter { text-transform: uppercase; }
    .findings p { margin: 0; overflow-wrap: anywhere; }
    .findings .where { grid-column: 2; color: var(--dim); font-size: 13px; }
    .severity { font-weight: 600; white-space: nowrap; }
    .severity::before { content: ""; display: inline-block; width: 9px; height: 9px;
      margin-right: 8px; background: currentColor; }
    .error { color: var(--error); }
    .warning { color: var(--warning); }
    .warning::before { clip-path: polygon(50% 0, 100% 100%, 0 100%); }
    .remark { color: var(--dim); }
    .remark::before, .good::before { border-radius: 50%; }
    .good { color: var(--good); }

    """

  private static let tables = """
    table { border-collapse: collapse; width: 100%; font-size: 13.5px;
      font-variant-numeric: tabular-nums; }
    caption { text-align: left; color: var(--dim); font-size: 13px; padding-bottom: 6px; }
    th, td { padding: 5px 7px; text-align: left; vertical-align: baseline;
      border-bottom: 1px solid var(--rule); }
    th:first-child, td:first-child { padding-left: 0; }
    th:last-child, td:last-child { padding-right: 0; }
    th { color: var(--dim); font-size: 13px; font-weight: 500; white-space: nowrap; }
    .sides table { table-layout: fixed; }
    .sides th:first-child { width: 168px; }
    .sides td { overflow-wrap: anywhere; }
    .sides td:first-child { color: var(--dim); }
    .r { text-align: right; }
    .box { container-type: inline-size; }
    .tools { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center;
      margin: 0 0 12px; font-size: 14px; }
    .tools label { color: var(--dim); }
    .tools input { flex: 0 1 340px; min-width: 0; padding: 5px 10px; background: var(--ground);
      border: 1px solid var(--dim); border-radius: 6px; }
    .tools output { margin-left: auto; color: var(--dim);
      font-variant-numeric: tabular-nums; }
    .grid { table-layout: fixed; }
    .grid > thead th { position: sticky; top: 0; z-index: 2; background: var(--ground);
      border-bottom: 0; box-shadow: inset 0 -1px var(--dim); }
    .grid > tbody > tr > td { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
    .grid > tbody > tr > td.name { overflow: visible; white-space: normal; }
    .grid th button { all: unset; cursor: pointer; }
    .grid th button:hover { color: var(--ink); }
    .grid th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    .grid th[aria-sort] button::after { content: ""; display: inline-block; width: 0; height: 0;
      margin-left: 5px; border: 4px solid transparent; }
    .grid th[aria-sort=ascending] button::after { border-bottom-color: var(--accent);
      border-top-width: 0; vertical-align: 1px; }
    .grid th[aria-sort=descending] button::after { border-top-color: var(--accent);
      border-bottom-width: 0; vertical-align: 1px; }
    .grid th[aria-sort=ascending], .grid th[aria-sort=descending] { color: var(--ink); }
    .grid > tbody > tr:hover > td { background: var(--raised); }
    .grid tr:target > td { background: rgba(var(--tint), .12); }
    .grid details > summary { list-style: none; cursor: pointer; display: flex; gap: 10px;
      align-items: baseline; }
    .grid summary > span { min-width: 0; }
    summary::-webkit-details-marker { display: none; }
    summary::before { content: ""; display: inline-block; width: 6px; height: 6px;
      flex: none; border: solid var(--dim); border-width: 0 1.5px 1.5px 0;
      transform: translateY(-2px) rotate(-45deg); }
    details[open] > summary::before { transform: translateY(-3px) rotate(45deg); }
    summary:hover::before { border-color: var(--accent); }
    .flag { display: inline-block; margin-left: 8px; padding: 0 6px; border: 1px solid currentColor;
      border-radius: 9px; font-size: 11.5px;
      line-height: 16px; white-space: nowrap; }
    .flag.tie { color: var(--dim); }
    .panel { position: relative; z-index: 1; width: calc(100cqi - var(--before, 0px));
      padding: 12px 0 20px 16px; display: grid; gap: 16px 40px; align-items: start;
      grid-template-columns: minmax(0, 420px) minmax(0, 1fr); cursor: auto; }
    .panel .facts { grid-template-columns: repeat(2, max-content minmax(0, 1fr)); gap: 4px 20px;
      font-size: 13.5px; padding-top: 4px; }
    .panel > * { margin-top: 0; }
    .panel table { font-size: 13.5px; max-width: 460px; }
    .panel :is(th, td) { padding-top: 3px; padding-bottom: 3px; }
    .panel .note { padding-top: 4px; }
    .tensors { --before: 58px; }
    .tensors > * > tr > :nth-child(1), .tensors > * > tr > :nth-child(5),
    .tensors > * > tr > :nth-child(n+7) { text-align: right; }
    .tensors > tbody > tr > :nth-child(1) { color: var(--dim); }
    .tensors col:nth-child(1) { width: 58px; }
    .tensors > * > tr > :nth-child(1) { padding-right: 14px; }
    .tensors > * > tr > :nth-child(2) { padding-left: 0; }
    .tensors col:nth-child(3) { width: 64px; }
    .tensors col:nth-child(4) { width: 142px; }
    .tensors col:nth-child(5) { width: 78px; }
    .tensors col:nth-child(6) { width: 124px; }
    .tensors > * > tr > :nth-child(6) { padding-left: 20px; }
    .tensors col:nth-child(n+7) { width: 102px; }
    .changes > * > tr > :nth-child(n+5) { text-align: right; }
    .changes col:nth-child(2) { width: 108px; }
    .changes col:nth-child(3) { width: 116px; }
    .changes col:nth-child(4) { width: 176px; }
    .changes col:nth-child(n+5) { width: 92px; }
    .tree { font-size: 14px; font-variant-numeric: tabular-nums; }
    .tree .row { display: grid; grid-template-columns: minmax(0, 1fr) 132px 64px 116px 84px 76px 180px;
      column-gap: 16px; padding: 3px 0; border-bottom: 1px solid var(--rule); align-items: baseline; }
    .tree .head { color: var(--dim); font-size: 13px; font-weight: 500; }
    .tree summary.row { cursor: pointer; list-style: none; }
    .tree .name { padding-left: calc(18px + var(--deep, 0px)); position: relative; }
    .tree .head .name { padding-left: 0; }
    .tree summary.row::before { display: none; }
    .tree summary .name::before { content: ""; position: absolute; left: calc(2px + var(--deep, 0px));
      top: .5em; width: 6px; height: 6px; border: solid var(--dim); border-width: 0 1.5px 1.5px 0;
      transform: rotate(-45deg); }
    .tree details[open] > summary .name::before { transform: translateY(-1px) rotate(45deg); }
    .tree summary:hover, .tree .leaf:hover { background: var(--raised); }
    .inside { --deep: 18px; }
    .inside .inside { --deep: 36px; }
    .inside .inside .inside { --deep: 54px; }
    .inside .inside .inside .inside { --deep: 72px; }
    .inside .inside .inside .inside .inside { --deep: 90px; }
    .num { text-align: right; }

    """

  private static let drawings = """
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

  private static let narrow = """
    @media (max-width: 1150px) {
      .tensors > * > tr > :nth-child(n+9), .tensors > colgroup > :nth-child(n+9) { display: none; }
      .changes > * > tr > :nth-child(7), .changes > colgroup > :nth-child(7), .changes > * > tr > :nth-child(8), .changes > colgroup > :nth-child(8) { display: none; }
    }
    @media (max-width: 900px) {
      .tensors > * > tr > :nth-child(n+7), .tensors > colgroup > :nth-child(n+7) { display: none; }
      .changes > * > tr > :nth-child(4), .changes > colgroup > :nth-child(4), .changes > * > tr > :nth-child(6), .changes > colgroup > :nth-child(6) { display: none; }
      .tree .row { grid-template-columns: minmax(0, 1fr) 84px 72px; }
      .tree .row > :nth-child(2), .tree .row > :nth-child(3), .tree .row > :nth-child(4),
      .tree .share { display: none; }
      .panel { grid-template-columns: minmax(0, 1fr); }
    }
    @media (max-width: 640px) {
      body { padding: 20px 16px 40px; }
      h1 { font-size: 23px; }
      section { margin-top: 40px; }
      .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
      .tensors { --before: 0px; }
      .tensors > * > tr > :nth-child(1), .tensors > colgroup > :nth-child(1), .tensors > * > tr > :nth-child(3), .tensors > colgroup > :nth-child(3),
      .tensors > * > tr > :nth-child(4), .tensors > colgroup > :nth-child(4), .tensors > * > tr > :nth-child(6), .tensors > colgroup > :nth-child(6) { display: none; }
      .changes > * > tr > :nth-child(3), .changes > colgroup > :nth-child(3), .changes > * > tr > :nth-child(9), .changes > colgroup > :nth-child(9) { display: none; }
      .changes col:nth-child(2) { width: 102px; }
      .changes col:nth-child(5) { width: 80px; }
      .number { display: none; }
      .facts { column-gap: 16px; }
      .panel { padding-left: 0; }
      .sides th:first-child { width: 96px; }
      .panel .facts { grid-template-columns: max-content minmax(0, 1fr); }
      .findings li { grid-template-columns: minmax(0, 1fr); }
      .findings .where { grid-column: 1; }
      .tools input { flex: 1 1 160px; }
    }

    """

  private static let print = """
    @media print {
      :root { --ground: #fff; background: #fff; }
      body { padding: 0; max-width: none; }
      nav, .tools, #theme, .skip, summary::before, .tree summary .name::before { display: none; }
      * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
      section { margin-top: 28px; }
      .tiles { grid-template-columns: repeat(auto-fit, minmax(96px, 1fr)); }
      h2 { break-after: avoid; }
      .grid > thead th { position: static; box-shadow: none; border-bottom: 1px solid var(--dim); }
      .charts { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 20px; }
      tr, li, figure, .tree .row, .panel, .bars, .icicle { break-inside: avoid; }
      .tree .name, .tree .head .name { padding-left: var(--deep, 0px); }
    }

    """
}

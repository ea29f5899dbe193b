/// How pages look: one accent, light or dark as the system or the switch has it, and fit to print.
package enum PageStyle {
  /// The style sheet.
  package static let text =
    colours("", of: light) + "@media screen and (prefers-color-scheme: dark) {\n"
    + colours(":not([data-theme=light])", of: dark) + "}\n@media screen {\n"
    + colours("[data-theme=dark]", of: dark) + "}\n" + page + tables + drawings + narrow + paper

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
    .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr));
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
}

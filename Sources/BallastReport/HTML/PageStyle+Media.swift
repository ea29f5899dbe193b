/// Narrow windows, and paper.
extension PageStyle {
  static let narrow =
    "@media (max-width: 1150px) {\n" + without("n+9", in: "tensors", last: 8)
    + without("7", "8", in: "changes", last: 9) + "}\n@media (max-width: 900px) {\n"
    + without("n+7", in: "tensors", last: 6) + without("4", "6", in: "changes", last: 9) + medium
    + "}\n@media (max-width: 640px) {\n" + without("1", "3", "4", "6", in: "tensors", last: 5)
    + without("3", "9", in: "changes", last: 5) + small + "}\n"

  /// Leaves out columns of a table, but not of those inside of it; `last` is then the last one.
  private static func without(_ columns: String..., in table: String, last: Int) -> String {
    let selectors = columns.flatMap { column in
      [
        ".\(table) > * > tr > :nth-child(\(column))",
        ".\(table) > colgroup > :nth-child(\(column))",
      ]
    }
    return selectors.joined(separator: ", ") + " { display: none; }\n"
      + ".\(table) > * > tr > :nth-child(\(last)) { padding-right: 0; }\n"
  }

  private static let medium = """
    .tree .row { grid-template-columns: minmax(0, 1fr) 84px 72px; }
    .tree .row > :nth-child(2), .tree .row > :nth-child(3), .tree .row > :nth-child(4),
    .tree .share { display: none; }
    .panel { grid-template-columns: minmax(0, 1fr); }

    """

  private static let small = """
    body { padding: 20px 16px 40px; }
    h1 { font-size: 23px; }
    section { margin-top: 40px; }
    .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
    .tensors { --before: 0px; }
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

    """

  static let paper = """
    @media print {
      :root { --ground: #fff; background: #fff; }
      body { padding: 0; max-width: none; }
      nav, .tools, #theme, .skip, summary::before, .tree summary .name::before { display: none; }
      * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
      section { margin-top: 28px; }
      .tiles { grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); }
      h2 { break-after: avoid; }
      .grid > thead th { position: static; box-shadow: none; border-bottom: 1px solid var(--dim); }
      .charts { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 20px; }
      tr, li, figure, .tree .row, .panel, .bars, .icicle { break-inside: avoid; }
      .tree .name, .tree .head .name { padding-left: var(--deep, 0px); }
    }

    """
}

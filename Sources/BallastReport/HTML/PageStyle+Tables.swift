/// Tables that are searched and sorted, their panels, and the list of modules.
extension PageStyle {
  static let tables = """
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
    .grid > tbody > tr > :nth-child(3), .grid > tbody > tr > :nth-child(4) {
      white-space: normal; overflow-wrap: anywhere; }
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
    .panel table { font-size: 13.5px; max-width: 400px; table-layout: fixed; }
    .panel th:first-child { width: 88px; }
    .panel :is(th, td) { padding-top: 3px; padding-bottom: 3px; }
    .panel .note { padding-top: 4px; }
    .tensors { --before: 58px; }
    .tensors > * > tr > :nth-child(1), .tensors > * > tr > :nth-child(5),
    .tensors > * > tr > :nth-child(n+7) { text-align: right; }
    .tensors > tbody > tr > :nth-child(1) { color: var(--dim); }
    .tensors col:nth-child(1) { width: 58px; }
    .tensors > * > tr > :nth-child(1) { padding-right: 14px; }
    .tensors > * > tr > :nth-child(2) { padding-left: 0; }
    .tensors col:nth-child(3) { width: 80px; }
    .tensors col:nth-child(4) { width: 146px; }
    .tensors col:nth-child(5) { width: 76px; }
    .tensors col:nth-child(6) { width: 122px; }
    .tensors > * > tr > :nth-child(6) { padding-left: 20px; }
    .tensors col:nth-child(n+7) { width: 98px; }
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
}

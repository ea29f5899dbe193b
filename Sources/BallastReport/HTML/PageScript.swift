/// What a page does by itself: searches, sorts, opens what is linked to, and changes its colours.
///
/// Without it the page is the same, but for these. It holds no `<` and no `&`, so that it is the same
/// in HTML and in XML.
package enum PageScript {
  /// The script.
  package static let text = """
    "use strict";
    (() => {
      const root = document.documentElement;
      const all = (selector, from = document) => [...from.querySelectorAll(selector)];

      // Light or dark: as the system has it until the switch is used.
      const theme = document.getElementById("theme");
      const system = matchMedia("(prefers-color-scheme: dark)");
      const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
      const label = () => { theme.textContent = isDark() ? "Light mode" : "Dark mode"; };
      theme.addEventListener("click", () => {
        root.dataset.theme = isDark() ? "light" : "dark";
        label();
      });
      system.addEventListener("change", label);
      theme.hidden = false;
      label();

      // Tables: rows that have every word stay; a column's head sorts by it.
      const words = new Intl.Collator("en", { numeric: true });
      const key = (cell, isNumber) => {
        const text = cell.dataset.v ?? (cell.querySelector("summary") ?? cell).textContent;
        return isNumber ? parseFloat(text.replaceAll(",", "")) : text;
      };
      const compare = (a, b, isNumber, sign) => {
        if (!isNumber) return sign * words.compare(a, b);
        if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
        return a === b ? 0 : a > b ? sign : -sign;
      };
      for (const box of all(".box")) {
        const body = box.querySelector("tbody");
        const rows = [...body.rows];
        const input = box.querySelector("input");
        const output = box.querySelector("output");
        if (input) {
          const texts = rows.map((row) => [...row.cells].slice(0, 4)
            .map((cell) => key(cell, false)).join(" ").toLowerCase());
          const search = () => {
            const wanted = input.value.toLowerCase().split(" ").filter(Boolean);
            let shown = 0;
            rows.forEach((row, index) => {
              row.hidden = !wanted.every((word) => texts[index].includes(word));
              shown += row.hidden ? 0 : 1;
            });
            const total = rows.length.toLocaleString("en");
            output.textContent = wanted.length
              ? shown.toLocaleString("en") + " of " + total + " shown" : total + " in all";
          };
          input.addEventListener("input", search);
          box.querySelector(".tools").hidden = false;
          search();
        }
        const heads = all("th[data-sort]", box);
        for (const head of heads) {
          const button = document.createElement("button");
          button.type = "button";
          button.append(...head.childNodes);
          head.append(button);
          button.addEventListener("click", () => {
            const isUp = head.getAttribute("aria-sort") !== "ascending";
            const isNumber = head.dataset.sort === "number";
            for (const other of heads) other.removeAttribute("aria-sort");
            head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
            const column = head.cellIndex;
            rows.map((row) => [key(row.cells[column], isNumber), row])
              .sort((a, b) => compare(a[0], b[0], isNumber, isUp ? 1 : -1))
              .forEach(([, row]) => body.append(row));
          });
        }
      }

      // A link to a row shows the row, unfolded.
      const open = () => {
        const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        if (row?.tagName !== "TR") return;
        const input = row.closest(".box").querySelector("input");
        if (row.hidden) {
          input.value = "";
          input.dispatchEvent(new Event("input"));
        }
        const details = row.querySelector("details");
        if (details) details.open = true;
        row.scrollIntoView({ block: "start" });
      };
      addEventListener("hashchange", open);
      open();

      // Names that do not fit into their strip are left to its tooltip.
      const fit = () => {
        for (const strip of all(".icicle svg")) {
          const name = strip.querySelector("text");
          name.classList.remove("off");
          const room = strip.querySelector("rect").getBoundingClientRect().width;
          name.classList.toggle("off", name.getComputedTextLength() + 14 > room);
        }
      };
      addEventListener("resize", fit);
      fit();
    })();
    """
}

// What tools/crosscheck/report asks of a page; each function returns complaints.
(() => {
  const shown = (element) =>
    element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }) &&
    !element.closest("details:not([open]) > :not(summary)");

  // The visible pieces of text, with their boxes.
  const texts = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const pieces = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || element.closest("script, style, title, desc, .skip") || !shown(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (box.width > 0 && box.height > 0) pieces.push({ node, element, box });
      }
    }
    return pieces;
  };
  const says = (piece) => JSON.stringify(piece.node.data.trim().slice(0, 40));

  const overflow = () => {
    const faults = [];
    if (document.documentElement.scrollWidth > innerWidth) {
      faults.push(`the page is ${document.documentElement.scrollWidth} wide in ${innerWidth}`);
    }
    for (const piece of texts()) {
      if (piece.box.right > innerWidth + 1 || piece.box.left < -1) faults.push(`${says(piece)} is cut off`);
    }
    for (const cell of document.querySelectorAll(".grid > tbody > tr > td:not(.name), .tree .num")) {
      if (shown(cell) && cell.scrollWidth > cell.clientWidth + 1) faults.push(`"${cell.textContent}" does not fit`);
    }
    return faults;
  };

  // Lines of one text may come as near as their font lets them.
  const overlaps = () => {
    const pieces = texts().filter((piece) => !piece.element.closest("thead th") || scrollY === 0);
    pieces.sort((a, b) => a.box.top - b.box.top);
    const faults = [];
    for (let i = 0; i < pieces.length; i++) {
      const a = pieces[i].box;
      for (let j = i + 1; j < pieces.length && pieces[j].box.top < a.bottom; j++) {
        const b = pieces[j].box;
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 4) faults.push(`${says(pieces[i])} and ${says(pieces[j])} overlap`);
      }
    }
    return faults;
  };

  // Contrast as WCAG 2.2 defines it, of each pair of colours that a text and its ground have.
  const colour = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return text.startsWith("rgba") && numbers.length > 3 ? numbers : [...numbers.slice(0, 3), 1];
  };
  const over = (top, ground) => [0, 1, 2].map((i) => top[i] * top[3] + ground[i] * (1 - top[3])).concat(1);
  const luminance = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    const strip = element.closest(".icicle svg")?.querySelector("rect");
    if (strip) layers.push(colour(getComputedStyle(strip).fill));
    for (let one = element; one; one = one.parentElement) layers.push(colour(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const contrasts = () => {
    const pairs = new Map();
    for (const piece of texts()) {
      const style = getComputedStyle(piece.element);
      const isDrawn = piece.element.namespaceURI.endsWith("svg");
      const under = ground(piece.element);
      const ink = over(colour(isDrawn ? style.fill : style.color), under);
      const [a, b] = [luminance(ink), luminance(under)].sort((x, y) => y - x);
      pairs.set(`${ink.slice(0, 3).map(Math.round)} on ${under.slice(0, 3).map(Math.round)}`, {
        ratio: (a + 0.05) / (b + 0.05), text: says(piece),
      });
    }
    return pairs;
  };
  const contrast = () =>
    [...contrasts()].filter(([, { ratio }]) => ratio < 4.5)
      .map(([pair, { ratio, text }]) => `${text} is ${pair}: contrast ${ratio.toFixed(2)}`);
  const leastContrast = () => Math.min(...[...contrasts().values()].map(({ ratio }) => ratio));

  // What those who do not see, or have no mouse, need.
  const access = () => {
    const faults = [];
    const need = (holds, what) => { if (!holds) faults.push(what); };
    need(document.documentElement.lang === "en", "the page has no language");
    need(document.querySelectorAll("h1").length === 1, "there is not one h1");
    for (const drawing of document.querySelectorAll("svg[role=img]")) {
      need(drawing.querySelector(":scope > title")?.textContent, "a drawing has no title");
      need(drawing.querySelector(":scope > desc")?.textContent, "a drawing has no description");
    }
    for (const drawing of document.querySelectorAll("svg:not(svg svg)")) {
      need(drawing.hasAttribute("role") || drawing.getAttribute("aria-hidden") === "true", "a drawing has no role");
    }
    for (const input of document.querySelectorAll("input")) need(input.labels.length === 1, "an input has no label");
    for (const button of document.querySelectorAll("button")) need(button.textContent.trim(), "a button has no name");
    for (const head of document.querySelectorAll("th")) need(head.scope, "a th has no scope");
    const names = [...document.querySelectorAll("[id]")].map((element) => element.id);
    need(new Set(names).size === names.length, "an id comes twice");
    for (const link of document.querySelectorAll("a, use")) {
      const target = link.getAttribute("href");
      need(target.startsWith("#") && document.getElementById(target.slice(1)), `nothing is at ${target}`);
    }
    return faults;
  };

  const column = (number) => [...document.querySelector(".grid").tBodies[0].rows].filter((row) => !row.hidden)
    .map((row) => row.cells[number]).map((cell) => (cell.querySelector("summary bdi") ?? cell).textContent);

  window.checks = { overflow, overlaps, contrast, leastContrast, access, column };
})();

// What of an open page cannot be read: text beyond the page, cut off, upon other text, or with a line through it.
// Gives one sentence a fault. `tabs` may scroll sideways, a table of numbers down; nothing else.
() => {
  "use strict";
  const faults = [];
  const SLACK = 1.5; // px: half a pixel of rounding on both sides, and hinting
  const words = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, 60)}”`;
  const plot_of = (node) => node.closest?.(".plot");
  const card_of = (node) => (node.nodeType === 3 ? node.parentElement : node).closest(".card, .tile, .opening, .bar")
    ?.querySelector("h2, h1, .label, .brand")?.textContent.trim().slice(0, 50) ?? "page";
  const seen = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });

  // --- nothing scrolls sideways -------------------------------------------------------------------------------------
  const root = document.documentElement;
  if (root.scrollWidth > window.innerWidth) {
    const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 0.5 && seen(e) && !e.closest(".tabs, .scroll, .plot"));
    faults.push(`the page is ${root.scrollWidth} px wide, the window ${window.innerWidth}: ${wide.slice(0, 3).map((e) => `${e.tagName}.${e.className} ${words(e.textContent)}`).join(", ")}`);
  }
  for (const e of document.querySelectorAll("body *")) {
    if (e.scrollWidth <= e.clientWidth + 1 || e.matches(".tabs") || !seen(e)) continue;
    if (/auto|scroll/.test(getComputedStyle(e).overflowX)) faults.push(`scrolls sideways, ${e.scrollWidth} px in ${e.clientWidth}: ${e.className} of ${card_of(e)}`);
  }

  // --- the lines of text, as they stand ------------------------------------------------------------------------------
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("script, style, noscript, svg, .unseen, .skip, title, option, legend, .stacked thead") || !seen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1) lines.push({ box, text: node.data, element: parent });
  }
  for (const text of document.querySelectorAll(".plot svg text")) {
    if (!text.textContent.trim() || text.closest(".hoverlayer, .infolayer .g-gtitle") || !seen(text)) continue;
    if (+getComputedStyle(text).opacity === 0 || getComputedStyle(text).fillOpacity === "0") continue;
    // The words of two lines are two boxes: a union would cover what stands beside the shorter one.
    const parts = [...text.querySelectorAll("tspan.line")];
    for (const part of parts.length ? parts : [text]) {
      const box = part.getBoundingClientRect();
      if (box.width > 1) lines.push({ box, text: part.textContent, element: text, drawn: true });
    }
  }

  // --- cut off --------------------------------------------------------------------------------------------------------
  for (const { box, text, element, drawn } of lines) {
    if (drawn) {
      const place = plot_of(element).getBoundingClientRect();
      const beyond = Math.max(place.left - box.left, box.right - place.right, place.top - box.top - 2, box.bottom - place.bottom - 2);
      if (beyond > SLACK) faults.push(`cut off by ${beyond.toFixed(0)} px: ${words(text)} in the chart of ${card_of(element)}`);
      continue;
    }
    if (element.closest(".scroll") && element.closest(".scroll").scrollWidth > element.closest(".scroll").clientWidth + 1) continue; // told above
    if (box.left < -SLACK || (box.right > window.innerWidth + SLACK && !element.closest(".tabs"))) faults.push(`beyond the page: ${words(text)} of ${card_of(element)}`);
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (e.matches(".tabs, .tabs *")) break;
      const place = e.getBoundingClientRect();
      const across = style.overflowX !== "visible" && Math.max(place.left - box.left, box.right - place.right);
      const down = /hidden|clip/.test(style.overflowY) && Math.max(place.top - box.top - 2, box.bottom - place.bottom - 2);
      if (across > SLACK || down > SLACK) { faults.push(`cut off: ${words(text)} of ${card_of(element)}`); break; }
    }
  }

  // --- upon each other --------------------------------------------------------------------------------------------------
  // A line's box is higher than its letters; of drawn text by about three pixels above and below.
  const inner = ({ box, drawn }) => { const less = drawn ? 3 : 2; return { left: box.left + 1, right: box.right - 1, top: box.top + less, bottom: box.bottom - less }; };
  const boxes = lines.map(inner);
  const order = boxes.map((_, at) => at).sort((a, b) => boxes[a].top - boxes[b].top);
  for (let i = 0; i < order.length; i++) {
    for (let j = i + 1; j < order.length; j++) {
      const [a, b] = [order[i], order[j]];
      if (boxes[b].top >= boxes[a].bottom) break;
      if (boxes[a].left >= boxes[b].right || boxes[b].left >= boxes[a].right) continue;
      const [one, two] = [lines[a].element, lines[b].element];
      if (one === two && !lines[a].drawn) continue;
      if (one.closest(".bar") !== two.closest(".bar")) continue;
      faults.push(`upon each other: ${words(lines[a].text)} and ${words(lines[b].text)} of ${card_of(one)}`);
    }
  }

  // --- struck through: a line of a chart, or of its limits, through a label in it ---------------------------------------------
  const STEP_PX = 3;
  const points = (path) => {
    const matrix = path.getScreenCTM(), length = path.getTotalLength(), found = [];
    if (!matrix || !length) return found;
    for (let at = 0; at <= length; at += Math.max(STEP_PX, length / 4000)) found.push(path.getPointAtLength(at).matrixTransform(matrix));
    return found;
  };
  for (const place of document.querySelectorAll(".plot")) {
    const labels = lines.filter(({ element, drawn }) => drawn && plot_of(element) === place && element.closest(".annotation, .textpoint, .bartext"));
    if (!labels.length) continue;
    const strokes = [...place.querySelectorAll(".shapelayer path, .scatterlayer .js-line")].filter((path) => {
      const style = getComputedStyle(path);
      return style.stroke !== "none" && parseFloat(style.strokeWidth) > 0 && +style.strokeOpacity > 0.1 && +style.opacity > 0.1;
    });
    const struck = new Set();
    for (const path of strokes) {
      for (const point of points(path)) {
        for (const { box, text } of labels) {
          if (struck.has(text) || point.x < box.left + 3 || point.x > box.right - 3 || point.y < box.top + 4 || point.y > box.bottom - 4) continue;
          struck.add(text);
          faults.push(`struck through: ${words(text)} in the chart of ${card_of(place)}`);
        }
      }
    }
  }

  // --- a chart says what it shows -------------------------------------------------------------------------------------
  for (const place of document.querySelectorAll(".plot")) {
    if (!place.querySelector("svg.main-svg")) faults.push(`not drawn: the chart of ${card_of(place)}`);
    else for (const side of ["x", "y"])
      if (![...place.querySelectorAll(`.${side}axislayer-above text, .${side}axislayer-below text`)].some((text) => text.textContent.trim() && seen(text))) faults.push(`no words along ${side}: the chart of ${card_of(place)}`);
  }
  return [...new Set(faults)];
}

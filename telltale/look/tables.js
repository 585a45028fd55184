// A table that is too wide for its place stands stacked: each row a short list, each value beside its column's head.
// Nothing scrolls sideways, and nothing is left out; a place that grows gets its columns back.
const telltaleTables = (() => {
  "use strict";
  const name = (table) => {
    const heads = [...table.querySelectorAll("thead th")].map((head) => head.textContent);
    for (const row of table.querySelectorAll("tbody tr")) [...row.cells].forEach((cell, at) => (cell.dataset.head = heads[at] ?? ""));
  };

  const fit = (place) => {
    const table = place.querySelector("table");
    if (!table || place.fitted === place.clientWidth) return;
    place.fitted = place.clientWidth;
    table.classList.remove("stacked");
    if (place.scrollWidth <= place.clientWidth + 1) return;
    name(table);
    table.classList.add("stacked");
  };

  // A closed table has no width; it is looked at when it is opened.
  const sizes = new ResizeObserver((entries) => requestAnimationFrame(() => entries.forEach(({ target }) => target.clientWidth && fit(target))));
  const watch = () => document.querySelectorAll(".scroll").forEach((place) => sizes.observe(place));
  const fitAll = () => document.querySelectorAll(".scroll").forEach((place) => place.clientWidth && fit(place));

  return { watch, fitAll };
})();

// "Save as CSV" behind "Show the numbers": the table as it is shown, so that nothing leaves that is not on the page.
// What it is of, and by whose clock, stands above its head; a unit that all cells of a column have moves into the head.
// No text becomes a formula in a spreadsheet, by the rule of csv_text.py.
const telltaleSave = (() => {
  "use strict";
  const FORMULA = /^'*[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]/;
  const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
  const QUANTITY = /^([-\u2212]?\d[\d,]*(?:\.\d+)?)(?: ?(°C|%)| ([A-Za-zµ°²³/]+))?$/;
  const UNKNOWN = "–";

  const text = (place) => (place?.textContent ?? "").replace(/[ \t\n\u00a0]+/g, " ").trim();
  const safe = (cell) => (FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell);
  const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const line = (cells) => `${cells.map((cell) => quoted(safe(cell))).join(",")}\n`;

  // A column of numbers in one unit: the numbers bare, the unit in the head. Anything else stays as it is worded.
  const column = (head, cells) => {
    const told = cells.filter((cell) => cell && cell !== UNKNOWN).map((cell) => cell.match(QUANTITY));
    const units = new Set(told.map((found) => found?.[2] ?? found?.[3] ?? ""));
    if (!told.length || told.some((found) => !found) || units.size > 1) return [head, cells];
    const unit = [...units][0];
    const bare = cells.map((cell) => (cell === UNKNOWN ? "" : cell.match(QUANTITY)?.[1].replaceAll(",", "").replace("\u2212", "-") ?? ""));
    return [unit ? `${head} [${unit}]` : head, bare];
  };

  const csv = (numbers, zone) => {
    const card = numbers.closest(".card");
    const table = numbers.querySelector("table");
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map(text));
    const columns = [...table.tHead.rows[0].cells].map((head, at) => column(text(head), rows.map((row) => row[at])));
    const clock = zone ? `Days and hours by the clock of ${zone}` : "Days and hours by the site's clock";
    const above = [text(card?.querySelector("h2")), text(card?.querySelector(".sub")), clock].filter(Boolean);
    const body = rows.map((_, at) => line(columns.map(([, cells]) => cells[at])));
    return [...above.map((words) => line([words])), "\n", line(columns.map(([head]) => head)), ...body].join("");
  };

  const name = (numbers) => {
    const words = text(numbers.closest(".card")?.querySelector("h2")).toLowerCase().replace(/[^a-z0-9]+/g, "-");
    return `${words.replace(/^-|-$/g, "").slice(0, 60).replace(/-$/, "") || "numbers"}.csv`;
  };

  const save = (numbers, zone) => {
    // The mark at the beginning tells Excel that it is UTF-8.
    const address = URL.createObjectURL(new Blob(["\ufeff", csv(numbers, zone)], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name(numbers);
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };

  const offer = (zone) => {
    for (const numbers of document.querySelectorAll(".numbers:not(:has(.save))")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "save";
      button.textContent = "Save as CSV";
      button.addEventListener("click", () => save(numbers, zone()));
      numbers.append(button);
    }
  };

  return { offer, csv, name };
})();

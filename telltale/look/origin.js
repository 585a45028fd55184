// Where a number comes from: a panel that opens at a number chosen by mouse or keyboard, and closes with Escape.
//
// Its text is what the server told, put in as text: nothing of it is read as HTML.
const telltaleOrigin = (send) => {
  "use strict";
  let asked = null;   // the number whose origin was asked for
  let panel = null;

  const element = (name, text = "", kind = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  const close = () => {
    if (!panel) return;
    panel.remove();
    panel = null;
    if (asked) asked.setAttribute("aria-expanded", "false");
    // The page may have been redrawn meanwhile: the same number stands in another element then.
    const place = asked?.isConnected ? asked : document.querySelector(`.claim[data-claim="${asked?.dataset.claim}"]`);
    place?.focus();
    asked = null;
  };

  const open = (number) => {
    close();
    asked = number;
    asked.setAttribute("aria-expanded", "true");
    panel = element("section", "", "origin");
    panel.setAttribute("role", "region");
    panel.setAttribute("aria-label", `Where ${number.textContent} comes from`);
    panel.tabIndex = -1;
    panel.append(element("p", "Looking it up …", "basis"));
    (number.closest(".cards") ?? number.closest("[data-slot]")).after(panel);
    panel.focus({ preventScroll: true });
    if (!send({ kind: "why", claim: number.dataset.claim })) fill({ failed: "the page is not connected at the moment" });
  };

  const table = ({ columns, rows, n }) => {
    const made = element("table");
    const head = made.createTHead().insertRow();
    columns.forEach((name) => head.append(element("th", name)));
    const body = made.createTBody();
    rows.forEach((row) => { const line = body.insertRow(); row.forEach((cell) => line.append(element("td", cell))); });
    const scroll = element("div", "", "scroll");
    scroll.append(made);
    const more = n > rows.length ? [element("p", `${rows.length} of ${n} rows`, "basis")] : [];
    return [scroll, ...more];
  };

  const copy = (text) => {
    const button = element("button", "Copy", "copy");
    button.type = "button";
    button.addEventListener("click", () => navigator.clipboard?.writeText(text).then(() => { button.textContent = "Copied"; }));
    return button;
  };

  const call = (text) => {
    const line = element("p", "", "call");
    line.append(element("code", text), copy(text));
    return line;
  };

  const fill = (told) => {
    const shut = element("button", "Close", "shut");
    shut.type = "button";
    shut.addEventListener("click", close);
    if (told.failed) return panel.replaceChildren(element("p", `${told.failed[0].toUpperCase()}${told.failed.slice(1)}.`), shut);
    const what = element("p", "", "what");
    what.append(`${told.what[0].toUpperCase()}${told.what.slice(1)}: `, element("b", told.value));
    const parts = [what, element("p", told.basis, "basis"), call(told.call), element("p", `Of its rows: ${told.rule}`, "basis")];
    if (told.rows.length) parts.push(...table(told));
    if (told.raw_ids.length) {
      parts.push(element("p", `Newest of ${told.records} raw records:`, "basis"));
      parts.push(call(told.raw_ids.map((id) => `tt.raw(${id})`).join(", ")));
    }
    if (told.note) parts.push(element("p", told.note, "basis"));
    panel.replaceChildren(...parts, shut);
  };

  document.addEventListener("click", (event) => {
    const number = event.target.closest("#page .claim");
    if (number) number === asked ? close() : open(number);
  });
  document.addEventListener("keydown", (event) => {
    const number = event.target.closest?.("#page .claim");
    if (number && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      number === asked ? close() : open(number);
    }
    if (event.key === "Escape" && panel) close();
  });

  // A report has the same places and no server to ask: only a live page makes buttons of them.
  const mark = () => document.querySelectorAll("#page .claim:not([role])").forEach((number) => {
    number.tabIndex = 0;
    number.setAttribute("role", "button");
  });

  return { mark, told: (origin) => panel && asked?.dataset.claim === origin.id && fill(origin) };
};

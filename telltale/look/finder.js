// Sightings looked up: the fields go by the page's own line, never into the address bar, and the answer is put in as text.
const telltaleFinder = (send) => {
  "use strict";
  const place = () => document.querySelector("#page .finder .found");
  const element = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };

  const table = ({ columns, rows }) => {
    const made = element("table", "");
    const head = made.createTHead().insertRow();
    columns.forEach((name) => head.append(element("th", name)));
    const body = made.createTBody();
    rows.forEach((row) => { const line = body.insertRow(); row.forEach((cell) => line.append(element("td", cell))); });
    const scroll = element("div", "");
    scroll.className = "scroll";
    scroll.tabIndex = 0;
    scroll.append(made);
    return scroll;
  };

  const say = (text, more = []) => place()?.replaceChildren(element("p", `${text[0].toUpperCase()}${text.slice(1)}.`), ...more);

  const ask = (form, sample) => {
    const fields = Object.fromEntries(new FormData(form));
    say("Looking them up …");
    if (!send({ kind: "find", fields: { ...fields, ...(sample ? { sample: "yes" } : {}) } })) say("the page is not connected at the moment");
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".finder form");
    if (!form) return;
    event.preventDefault();
    ask(form, event.submitter?.name === "sample");
  });

  return { told: (found) => (found.failed ? say(found.failed) : say(found.said, found.rows.length ? [table(found)] : [])) };
};

// Answers to what needs somebody: a button sends the form that its address holds, with the mark against foreign pages.
const telltaleAnswers = (renew) => {
  "use strict";
  const say = (form, text) => {
    let place = form.querySelector(".told");
    if (!place) {
      place = document.createElement("span");
      place.className = "told";
      place.setAttribute("role", "status");
      form.append(place);
    }
    place.textContent = text;
  };

  const sent = async (form, answer) => {
    const asked = await fetch(form.action, { cache: "no-store" });
    const marks = new DOMParser().parseFromString(await asked.text(), "text/html").querySelector("[name=_xsrf]");
    if (!marks) return asked.status === 404 ? "It is over." : "It was not noted: log in again.";
    const body = new URLSearchParams({ _xsrf: marks.value, answer });
    const told = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body });
    return (await told.json()).said;
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form.answers");
    if (!form) return;
    event.preventDefault();
    const buttons = [...form.querySelectorAll("button")];
    buttons.forEach((button) => { button.disabled = true; });
    say(form, "Noting it …");
    try {
      say(form, await sent(form, event.submitter?.value ?? ""));
      renew();
    } catch {
      say(form, "It was not noted: the dashboards do not answer.");
      buttons.forEach((button) => { button.disabled = false; });
    }
  });
};

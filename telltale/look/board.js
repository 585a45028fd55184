// A dashboard page: draws what the server sent, then keeps it up to date over the kernel's line.
//
// The page arrives complete, so it shows before Voilà has connected. From then on the kernel sends a page whenever
// something changed; only the slots that differ are replaced, and charts are redrawn in place.
const telltale = (() => {
  "use strict";
  const BEAT_MS = 5000, LOST_MS = 20000, REJOIN_MS = 20000, SPEAK_MS = 60000, OLD_S = 60;
  const FLAG = {
    fly: "M5.2 4.6C9 2.6 11.2 7.4 15 6.2S20.4 4.4 22.4 5.4M5.2 12.2C9 10.2 11 14.6 14.4 13.4S18.6 11.8 20.4 12.6",
    droop: "M5.2 4.2C9.6 3.4 12.4 6 13.2 10.2S15 16 17 17.4M5.2 11C7.8 11.4 8.6 14 9.4 16.6",
    hang: "M5.2 3.6C8 5 8.4 9 8 12.4S8.4 18 9.6 20.4",
  };
  const PAPER_PX = 654; // A4 less two margins of 14 mm, at 96 px an inch, less a card's padding
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const $ = (selector, place = document) => place.querySelector(selector);
  const $$ = (selector, place = document) => [...place.querySelectorAll(selector)];

  let board = null;         // the last page: figures, freshness, serial …
  let line = null;          // the kernel's widget model
  let heardAt = 0;          // when the kernel was last heard, ms of performance.now()
  let offset = 0;           // server's clock minus ours, ms
  let lostSince = null;     // since when nothing updates
  let isOld = false;        // the page was made long before it was opened: it shows the state of back then
  let isPrinting = false;
  let spokenAt = 0;

  // --- theme -------------------------------------------------------------------------------------------------------
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches) && !matchMedia("print").matches;
  const switchTheme = () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("telltale-theme", root.dataset.theme);
    redraw();
  };

  // --- charts ------------------------------------------------------------------------------------------------------
  const plotly = () => new Promise((done) => (window.Plotly ? done() : window.addEventListener("DOMContentLoaded", done)));

  const draw = async (place, figure) => {
    place.figure = figure;
    await plotly();
    sizes.observe(place); // a place that has no width yet is drawn when it gets one
    const width = isPrinting ? PAPER_PX : place.clientWidth;
    if (!place.clientWidth || place.figure !== figure) return;
    if (figure.layout.height) place.style.minHeight = `${telltalePlot.heightOf(figure, width)}px`;
    place.drawnAt = `${width} ${place.clientHeight}`;
    const height = place.clientHeight || figure.layout.height;
    await telltalePlot.draw(place, figure, { width, height, darkOf: isDark() ? window.telltaleDarkOf : null });
  };
  // Paper is narrower than the page, and a card is as wide as the paper.
  const printed = (now) => () => { isPrinting = now; redraw(); };
  const redraw = () => $$(".plot").forEach((place) => place.figure && draw(place, place.figure));
  const sizes = new ResizeObserver((entries) => requestAnimationFrame(() => entries.forEach(({ target }) => {
    if (target.figure && !isPrinting && target.clientWidth && target.drawnAt !== `${target.clientWidth} ${target.clientHeight}`) draw(target, target.figure);
  })));

  const drawAll = async () => {
    const plots = $$("#page .cell .plot");
    await Promise.all(plots.map((place) => {
      const figure = board.figures[place.closest("[data-slot]").dataset.slot.slice("card-".length)];
      return figure && JSON.stringify(figure) !== place.drawn ? ((place.drawn = JSON.stringify(figure)), draw(place, figure)) : null;
    }));
    root.dataset.drawn = plots.length;
  };

  // --- the page ----------------------------------------------------------------------------------------------------
  const slots = (place) => new Map($$("[data-slot]", place).map((slot) => [slot.dataset.slot, slot]));

  // Put the new page into the old one: equal slots stay, a card keeps its drawn chart and its opened numbers.
  const put = (html) => {
    const page = $("#page");
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const old = slots(page), next = slots(fresh.content);
    const sent = (page.sent ??= new Map());
    const texts = new Map([...next].map(([name, slot]) => [name, slot.innerHTML]));
    if ([...old.keys()].join() !== [...next.keys()].join()) {
      page.replaceChildren(fresh.content);
    } else {
      for (const [name, slot] of next) {
        const busy = name.startsWith("card-") && $(".empty[aria-busy]", slot) !== null; // it comes with the next answer
        old.get(name).toggleAttribute("data-busy", busy);
        if (busy ? !sent.has(name) : sent.get(name) !== texts.get(name)) exchange(old.get(name), slot);
        if (busy && sent.has(name)) texts.set(name, sent.get(name)); // what was there stays, dimmed
      }
    }
    page.sent = texts;
    origin.mark();
    telltaleTables.watch();
    telltaleSave.offer(() => board?.freshness.timezone);
  };

  const exchange = (was, now) => {
    const [drawn, empty] = [$(".plot", was), $(".plot", now)];
    if (drawn && empty) {
      drawn.setAttribute("aria-label", empty.getAttribute("aria-label"));
      drawn.style.minHeight = empty.style.minHeight;
      empty.replaceWith(drawn);
    }
    if ($("details[open]", was)) $("details", now)?.setAttribute("open", "");
    const focused = was.contains(document.activeElement) ? document.activeElement.name : null;
    was.replaceChildren(...now.childNodes);
    if (focused) $(`[name="${CSS.escape(focused)}"]:checked, select[name="${CSS.escape(focused)}"]`, was)?.focus();
  };

  const show = (answer) => {
    board = answer;
    offset = answer.now * 1000 - Date.now();
    isOld = false;
    put(answer.html);
    $$(".tabs .badge").forEach((badge) => badge.remove());
    for (const [name, count] of Object.entries(answer.attention)) badge(name, count);
    $("#page").setAttribute("aria-busy", "false");
    root.classList.remove("stale", "another");
    lostSince = null;
    tick();
    speak();
    root.dataset.serial = answer.serial;
    return drawAll();
  };

  const badge = (name, count) => {
    const tab = $(`.tabs a[data-page="${CSS.escape(name)}"]`);
    if (tab && count) tab.insertAdjacentHTML("beforeend", ` <span class="badge" aria-label="${count} need a look">${count}</span>`);
  };

  const speak = () => {
    const text = $("#page h1")?.textContent ?? "";
    if (Date.now() - spokenAt < SPEAK_MS || $("#said").textContent === text) return;
    if (spokenAt) $("#said").textContent = text;
    spokenAt = Date.now();
  };

  // --- freshness ---------------------------------------------------------------------------------------------------
  const two = (a, b, large, small) => (b ? `${a}\u00a0${large} ${b}\u00a0${small}` : `${a}\u00a0${large}`);
  const lasting = (s) => {
    if (s < 59.5) return `${Math.max(0, Math.round(s))}\u00a0s`;
    const min = Math.round(s / 60);
    if (min < 60) return `${min}\u00a0min`;
    if (min < 48 * 60) return two(Math.floor(min / 60), min % 60, "h", "min");
    return two(Math.floor(min / 1440), Math.floor((min % 1440) / 60), "d", "h");
  };
  const clock = (ms, zone) => new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const moment = (ms, zone) => new Date(ms).toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });

  const fly = (state, text, title = "") => {
    const sign = $(".fresh");
    if (!sign) return;
    sign.dataset.state = state;
    sign.title = title;
    const shape = { fly: "fly", droop: "droop" }[state] ?? "hang";
    $(".flag", sign).setAttribute("d", FLAG[state === "wait" ? "droop" : shape]);
    if ($(".text", sign).textContent !== text) $(".text", sign).textContent = text;
  };

  const tick = () => {
    if (lostSince) return fly("hang", `not updating since ${clock(lostSince + offset, board?.freshness.timezone)}`);
    if (!board || isOld) return fly("wait", "Loading");
    const { newest, late_s, silent_s, partly, timezone } = board.freshness;
    if (newest === null) return fly("wait", "No record yet");
    const age = (Date.now() + offset) / 1000 - newest;
    const state = age > silent_s ? "hang" : age > late_s || partly ? "droop" : "fly";
    fly(state, `Newest record ${lasting(age)} ago`, moment(newest * 1000, timezone));
  };

  // --- the reader's choice: in the address bar, so that a view can be sent -------------------------------------------
  // Only what the page's controls offer counts: whatever else is typed into the bar is not passed on.
  const chosen = () => {
    const query = new URLSearchParams(location.search);
    const fields = $$("#page .controls [name]").map((field) => field.name);
    return Object.fromEntries([...new Set(fields)].filter((name) => query.has(name)).map((name) => [name, query.get(name)]));
  };
  const choose = () => {
    const query = new URLSearchParams();
    for (const field of $$("#page .controls input:checked, #page .controls select")) {
      const fallback = field.closest("[data-default]").dataset.default;
      if (field.value !== fallback) query.set(field.name, field.value);
    }
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    $("#page").setAttribute("aria-busy", "true");
    beat();
  };

  // --- the line to the kernel ----------------------------------------------------------------------------------------
  const beat = (more = {}) => {
    if (document.hidden) return;
    speakTo({ kind: "beat", choice: chosen(), serial: board?.serial ?? null, ...more });
  };

  // A line that is going down throws: at a page's end nobody needs to hear of it, on an open page it is lost.
  const speakTo = (message) => {
    if (!line) return false;
    try {
      line.send(message);
      return true;
    } catch {
      lose();
      return false;
    }
  };

  const origin = telltaleOrigin((question) => !lostSince && speakTo(question));

  const finder = telltaleFinder((question) => !lostSince && speakTo(question));

  telltaleAnswers(() => beat({ again: true }));

  const heard = (message) => {
    heardAt = performance.now();
    if (message.kind === "found") finder.told(message.found);
    if (message.kind === "origin") origin.told(message.origin);
    if (message.kind === "board") show(message.board);
    if (message.kind === "away") {
      if (!board) $("#page h1").textContent = `${message.why[0].toUpperCase()}${message.why.slice(1)}.`;
      lose();
    }
    if (message.kind === "alive") {
      offset = message.now * 1000 - Date.now();
      root.dataset.live = "yes";
      // It was the clock of this machine that is off.
      if (isOld && message.now - board.now <= OLD_S) dim((isOld = false));
    }
  };

  const lose = () => {
    lostSince ??= Date.now();
    root.classList.add("stale");
    tick();
  };

  // A line that was cut by a sleeping phone or a restarted server comes back with the whole page.
  let rejoinedAt = 0;
  const watch = () => {
    tick();
    if (!line || document.hidden || performance.now() - heardAt < LOST_MS) return;
    lose();
    if (performance.now() - rejoinedAt < REJOIN_MS) return;
    rejoinedAt = performance.now();
    fetch($("link[rel=stylesheet]").href, { cache: "no-store" }).then((reply) => reply.ok && location.reload()).catch(() => {});
  };

  const connect = (model) => {
    line = model;
    heardAt = performance.now();
    model.on("msg:custom", heard);
    beat();
    setInterval(beat, BEAT_MS);
    document.addEventListener("visibilitychange", () => { heardAt = performance.now(); beat(); });
  };

  // --- what the page itself calls --------------------------------------------------------------------------------------
  const arrived = () => {
    const came = $(".arrived");
    const answer = JSON.parse($(".board-data").textContent);
    const html = came.innerHTML;
    came.remove();
    show({ ...answer, html });
    if (Object.keys(chosen()).length) another();
    dim((isOld = Math.abs(Date.now() / 1000 - answer.now) > OLD_S));
  };

  // An address that names a choice was sent for its answer: until that is here nobody reads the one of another choice.
  const another = () => {
    root.classList.add("another");
    $("#page h1").textContent = "Loading the figures";
    $("#page").sent.delete("opening");
  };

  // What was made beforehand stays dimmed until the first live page is there: when it is old, and when another view was
  // asked for.
  const dim = (old) => {
    $("#page").setAttribute("aria-busy", String(old || Object.keys(chosen()).length > 0));
    tick();
  };

  const failed = () => {
    $("#page").innerHTML = '<div class="board"><div class="opening"><h1>This page could not be made.</h1></div><p class="empty" role="alert">Run “telltale doctor”; the log of “telltale dashboard” has the details. <button type="button" class="again">Try again</button></p></div>';
    $("#page").setAttribute("aria-busy", "false");
  };

  document.addEventListener("change", (event) => event.target.closest(".controls") && choose());
  document.addEventListener("submit", (event) => event.target.closest(".controls") && event.preventDefault());
  document.addEventListener("click", (event) => {
    if (event.target.closest(".theme")) switchTheme();
    if (event.target.closest(".again")) line ? beat({ again: true }) : location.reload();
  });
  document.addEventListener("DOMContentLoaded", () => {
    const tab = $(".tabs [aria-current]");
    if (tab) tab.closest("ul").scrollLeft = tab.offsetLeft - 40;
    tick();
    setInterval(watch, 1000);
  });
  // A page that closes takes its kernel along; one that dies without a word leaves it to the server's culling.
  addEventListener("pagehide", (event) => {
    const config = $("#jupyter-config-data");
    if (!event.persisted) line = null;
    if (!config || event.persisted) return;
    const { baseUrl, kernelId } = JSON.parse(config.textContent);
    navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`);
  });
  systemDark.addEventListener("change", redraw);
  addEventListener("beforeprint", printed(true));
  addEventListener("afterprint", printed(false));

  return { arrived, failed, connect, draw };
})();
window.telltale = telltale;

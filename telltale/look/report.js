// Draws the charts of a report (plot.js): unpacks plotly.js once, follows theme, width and paper.
(async () => {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const darkOf = read("dark-of");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const plots = [...document.querySelectorAll(".plot")];
  telltaleTables.watch();
  const facts = [...document.querySelectorAll(".facts div")].map((fact) => [...fact.children].map((part) => part.textContent));
  telltaleSave.offer(() => facts.find(([name]) => name === "Clock")?.[1]);
  const PAPER_PX = 688; // A4 less two margins of 14 mm, at 96 px an inch
  const PAPER_HEIGHT = 0.8; // so that two charts fit a page
  // Asked for by a person a print is announced; a headless browser only changes the medium.
  const paper = window.matchMedia("print");
  let announced = false;
  const printing = () => announced || paper.matches;

  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return !printing() && (chosen ? chosen === "dark" : dark.matches);
  };

  const draw = (plot, width) => {
    const height = Math.round(telltalePlot.heightOf(plot.figure, width) * (printing() ? PAPER_HEIGHT : 1));
    plot.style.height = `${height}px`;
    plot.drawnAt = width;
    return telltalePlot.draw(plot, plot.figure, { width, height, darkOf: isDark() ? darkOf : null });
  };

  const redraw = () => plots.forEach((plot) => draw(plot, printing() ? PAPER_PX : plot.clientWidth));

  const unpacked = async (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent.trim()), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };

  document.querySelector(".theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    if (window.Plotly) redraw();
  });
  if (!plots.length) return (document.documentElement.dataset.drawn = 0);

  try {
    const script = document.createElement("script");
    script.textContent = await unpacked("plotly");
    document.head.append(script);
    JSON.parse(await unpacked("figures")).forEach((figure, index) => (plots[index].figure = figure));
    await Promise.all(plots.map((plot) => draw(plot, plot.clientWidth)));
  } catch (error) {
    // Too old a browser: the numbers behind every chart are in the page as tables.
    document.querySelectorAll(".numbers").forEach((numbers) => (numbers.open = true));
    plots.forEach((plot) => (plot.textContent = "This browser cannot draw the chart; its numbers follow."));
    throw error;
  }
  document.documentElement.dataset.drawn = plots.length;

  dark.addEventListener("change", redraw);
  paper.addEventListener("change", redraw);
  const announce = (now) => () => { announced = now; redraw(); };
  window.addEventListener("beforeprint", announce(true));
  window.addEventListener("afterprint", announce(false));
  const sizes = new ResizeObserver((entries) => requestAnimationFrame(() => entries.forEach(({ target }) => {
    if (!printing() && target.clientWidth && target.clientWidth !== target.drawnAt) draw(target, target.clientWidth);
  })));
  plots.forEach((plot) => sizes.observe(plot));
})();

// Draws one chart of ours wherever it stands: resolves colour roles for the theme, adapts to a narrow place.
const telltalePlot = (() => {
  "use strict";
  const NARROW_PX = 520;
  const CONFIG = { displayModeBar: false, responsive: false, showTips: false };

  // A figure carries the light value of each role; in the dark every such value is swapped, also inside label text.
  const inTheme = (value, darkOf) => {
    if (typeof value === "string") return value.replace(/#[0-9A-F]{6}\b/gi, (hex) => darkOf[hex.toUpperCase()] || hex);
    if (Array.isArray(value)) return value.map((item) => inTheme(item, darkOf));
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inTheme(item, darkOf)]));
    return value;
  };

  const put = (layout, path, value) => {
    const steps = path.split(".");
    const last = steps.pop();
    steps.reduce((at, step) => (at[step] ??= {}), layout)[last] = value;
  };

  // What a figure wants: small multiples stand below each other in a narrow place and need more of it.
  const heightOf = (figure, width) => (width < NARROW_PX && figure.layout.meta?.narrow?.height) || figure.layout.height;

  // `darkOf` is null in the light. The figure is not changed, so it can be drawn again in another theme or width.
  const draw = (place, figure, { width, height, darkOf = null }) => {
    const copy = structuredClone(figure);
    const { data, layout } = darkOf ? inTheme(copy, darkOf) : copy;
    if (width < NARROW_PX) for (const [path, value] of Object.entries(layout.meta?.narrow ?? {})) put(path.startsWith("data.") ? { data } : layout, path, value);
    Object.assign(layout, { width, autosize: false }, height ? { height } : {});
    return window.Plotly.react(place, data, layout, CONFIG);
  };

  return { draw, heightOf };
})();

// Lines to paste: a button puts one on the clipboard; where a browser has none (no TLS), the line is marked to be copied.
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".paste .copy");
  if (!button) return;
  const line = button.closest(".paste").querySelector("code");
  try {
    await navigator.clipboard.writeText(line.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(line);
    button.textContent = document.execCommand("copy") ? "Copied" : "Marked: press Ctrl-C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 3000);
});

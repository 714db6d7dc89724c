// Shows how far a download is. Without this file the browser downloads it all the same.
"use strict";

document.querySelectorAll("[data-export]").forEach((link) => {
  const shown = document.querySelector("[data-export-progress]");
  if (!shown || !window.ReadableStream) return;
  const bar = shown.querySelector("progress");
  const said = shown.querySelector("[data-export-said]");

  const count = (text) => (text.match(/^(BEGIN:VEVENT|\d{4}-\d\d-\d\d,)/gm) || []).length;

  link.addEventListener("click", async (event) => {
    event.preventDefault();
    shown.hidden = false;
    bar.value = 0;
    said.textContent = said.dataset.begun;
    try {
      const response = await fetch(link.href);
      if (!response.ok || response.redirected) throw new Error("refused");
      bar.max = Number(response.headers.get("X-Total-Entries")) || 1;
      const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition"))[1];
      const pieces = [];
      const decoder = new TextDecoder();
      for (const reader = response.body.getReader(); ; ) {
        const { done, value } = await reader.read();
        if (done) break;
        pieces.push(value);
        bar.value += count(decoder.decode(value, { stream: true }));
      }
      bar.value = bar.max;
      said.textContent = said.dataset.done;
      const file = URL.createObjectURL(new Blob(pieces, { type: response.headers.get("Content-Type") }));
      const save = Object.assign(document.createElement("a"), { href: file, download: name });
      save.click();
      setTimeout(() => URL.revokeObjectURL(file), 60000);
    } catch {
      said.textContent = said.dataset.failed;
    }
  });
});

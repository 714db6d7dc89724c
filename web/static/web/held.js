"use strict";
// How long a time is still held, counted down from what the server said; the clock of the device plays no part.
(function () {
  const note = document.querySelector("[data-seconds]");
  if (!note) {
    return;
  }
  const shown = note.querySelector(".held-left");
  const heard = document.getElementById("held-heard");
  const begun = performance.now();
  const total = Number(note.dataset.seconds);
  let announced = "";

  function announce(text) {
    if (text !== announced) {
      announced = text;
      heard.textContent = text;
    }
  }

  function look() {
    const left = Math.max(0, Math.round(total - (performance.now() - begun) / 1000));
    if (left === 0) {
      shown.textContent = note.dataset.over;
      note.classList.add("alert", "alert-warning");
      announce(note.dataset.over);
      window.clearInterval(timer);
      return;
    }
    const time = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    shown.textContent = note.dataset.words.replace("%time%", time);
    if (left === 120 || left === 30) {
      announce(shown.textContent); // not every second: a screen reader would read nothing else
    }
  }

  const timer = window.setInterval(look, 1000);
  look();
})();

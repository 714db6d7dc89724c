"use strict";
// The ticks of the follow-up list: all at once, and how many.
(function () {
  document.documentElement.classList.add("has-script");

  function ticks(form) {
    return Array.from(form.querySelectorAll("input[name=tick]"));
  }

  function show(form) {
    const boxes = ticks(form);
    const ticked = boxes.filter((box) => box.checked).length;
    const all = form.querySelector("[data-tick-all]");
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    const counted = form.querySelector("[data-ticked]");
    if (counted) {
      counted.hidden = ticked === 0;
      counted.textContent = String(ticked);
    }
  }

  document.addEventListener("change", function (event) {
    const form = event.target.closest(".due-form");
    if (!form) {
      return;
    }
    if (event.target.matches("[data-tick-all]")) {
      ticks(form).forEach((box) => {
        box.checked = event.target.checked;
      });
    }
    show(form);
  });
  // The browser may bring ticks back with the page.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll(".due-form").forEach(show);
  });
})();

"use strict";
// What htmx and the browser do not do by themselves: the focus on what went wrong, one submission per press,
// printing, and copying a link.
(function () {
  function focusFirst(root) {
    const target = root.querySelector("[data-focus]");
    if (target) {
      target.focus();
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    focusFirst(document);
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    focusFirst(event.target);
  });

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
  // Back from another page: the form may be sent again.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) {
      window.print();
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const field = document.getElementById(copy.dataset.copy);
      field.select();
      navigator.clipboard.writeText(field.value).then(function () {
        copy.textContent = copy.dataset.copied;
      });
    }
  });
})();
